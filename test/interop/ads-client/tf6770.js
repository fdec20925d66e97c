// tf6770.js OPTIONS: ads-client uses WebSocket clients of "stellwerk ads tf6770", as
// symbols and by the protocol of docs/tf6770-service.md. OPTIONS are those of the
// client, and in server the WebSocket server and an address where nobody listens.
// What is not as it should be ends it with status 1.
'use strict';
const assert = require('node:assert/strict');
const { Client, talk, until } = require('./talk.js');

const group = { open: 0x67700001, connect: 0x67700002, exchange: 0x67700003, disconnect: 0x67700004, release: 0x67700005 };
const reconfig = 1, judge = 2; // flags of connect
const say = { accepted: 1, rejected: 2, failed: 4, closeTold: 8, hold: 16 }; // flags of an exchange
const asked = { protocol: 1, close: 2, later: 4 }; // flags of its answer
const text = 1, binary = 2;
const [busy, success, noConnection, refused, denied, rejected] = [-1, 0, 4, 5, 12, 1009];

const codeOf = async promise => {
	try {
		await promise;
	} catch (error) {
		return error.adsError?.errorCode;
	}
};

// parameters are inputs as they stand in a connect.
const parameters = { sHostName: 1, nHostPort: 2, sUri: 3, sProtocol: 4, bPerMessageDeflate: 6 };
const encodeParameters = inputs => Buffer.concat(Object.entries(inputs).map(([name, value]) => {
	const octets = typeof value === 'string' ? Buffer.from(value) : Buffer.alloc(name[0] === 'n' ? 2 : 1);
	if (typeof value === 'number') octets.writeUInt16LE(value);
	if (typeof value === 'boolean') octets.writeUInt8(value ? 1 : 0);
	const head = Buffer.alloc(4);
	head.writeUInt16LE(parameters[name]);
	head.writeUInt16LE(octets.length, 2);
	return Buffer.concat([head, octets]);
}));

const encodePiece = ({ sequence, total, offset = 0, kind, compress = 0, data }) => {
	const head = Buffer.alloc(20);
	[sequence, total ?? data.length, offset, data.length].forEach((n, i) => head.writeUInt32LE(n, 4 * i));
	head.writeUInt8(kind, 16);
	head.writeUInt8(compress, 17);
	return Buffer.concat([head, data]);
};

const decodeAnswer = octets => {
	const [protocol, content] = [octets.readUInt16LE(26), octets.readUInt16LE(28)];
	let rest = octets.subarray(32 + protocol + content);
	const pieces = [];
	while (rest.length > 0) {
		const length = rest.readUInt32LE(12);
		pieces.push({
			sequence: rest.readUInt32LE(0), total: rest.readUInt32LE(4), offset: rest.readUInt32LE(8), kind: rest.readUInt8(16), data: rest.subarray(20, 20 + length),
		});
		rest = rest.subarray(20 + length);
	}
	return {
		state: octets.readInt32LE(0), code: octets.readUInt32LE(4), reason: octets.readUInt16LE(8), error: octets[10] === 1, connected: octets[11] === 1,
		sent: octets.readUInt32LE(12), waiting: octets.readUInt32LE(16), flags: octets.readUInt32LE(20), closeCode: octets.readUInt16LE(24),
		protocol: octets.toString('utf8', 32, 32 + protocol), content: octets.toString('utf8', 32 + protocol, 32 + protocol + content), pieces,
	};
};

// Feed is what a function block does with a handle.
class Feed {
	acknowledged = 0;
	sequence = 0;

	constructor(client, handle) {
		Object.assign(this, { client, handle });
	}

	async connect(flags, inputs) {
		const head = Buffer.alloc(4);
		head.writeUInt32LE(flags);
		await this.client.writeRaw(group.connect, this.handle, Buffer.concat([head, encodeParameters(inputs)]));
	}

	async exchange({ flags = 0, held = 0, pieces = [], room = 4096 } = {}) {
		const head = Buffer.alloc(12);
		[this.acknowledged, flags, held].forEach((n, i) => head.writeUInt32LE(n, 4 * i));
		const request = Buffer.concat([head, ...pieces.map(encodePiece)]);
		return decodeAnswer(await this.client.readWriteRaw(group.exchange, this.handle, room, request));
	}

	// until exchanges until the answer is such, and returns that.
	async until(what, condition, options) {
		let answer;
		await until(what, async () => condition(answer = await this.exchange(options)));
		return answer;
	}

	async send(kind, data, compress) {
		const piece = { sequence: ++this.sequence, kind, compress, data: Buffer.from(data) };
		const { sent } = await this.until(`message ${piece.sequence} is taken`, a => a.sent === piece.sequence, { pieces: [piece] });
		assert.equal(sent, piece.sequence);
	}

	// receive returns the next message without taking it.
	async receive(room) {
		const data = [];
		let first, held = 0;
		do {
			const { pieces } = await this.until('a message comes', a => a.pieces.length > 0, { held, room });
			first ??= pieces[0];
			assert.equal(pieces[0].sequence, first.sequence);
			assert.equal(pieces[0].offset, held);
			data.push(pieces[0].data);
			held += pieces[0].data.length;
		} while (held < first.total);
		return { sequence: first.sequence, kind: first.kind, data: Buffer.concat(data), pieces: data.length };
	}
}

const block = 'WebSocket.fbClient1';
const output = async (client, name) => (await client.readValue(`${block}.${name}`)).value;

// symbols is an instance with the inputs and outputs of the manual.
async function symbols(client, { server }) {
	assert.deepEqual(Object.values(await client.getSymbols()).map(s => [s.name, s.type]), [
		['WebSocket.fbClient1', 'FB_IotWebSocketClient'], ['WebSocket.fbClient2', 'FB_IotWebSocketClient'],
	]);
	for (const [name, value] of Object.entries({
		nHostPort: 80, bKeepAlive: true, nKeepAliveInterval: 30, nMaxRecvMsgSize: 0x100000, bConnected: false, bError: false, nCloseReason: 0,
	})) assert.equal(await output(client, name), value, name);
	assert.equal((await client.readRawByPath(`${block}.hrErrorCode`)).readInt32LE(), 0); // it knows no HRESULT
	assert.deepEqual(await output(client, 'eConnectionState'), { name: 'WS_STATUS_SOCK_NO_CONN', value: noConnection });
	assert.equal(await codeOf(client.writeValue(`${block}.bConnected`, true)), 0x704);

	const states = [], connected = [];
	await client.subscribeValue(`${block}.eConnectionState`, d => states.push(d.value.value), 10, true);
	await client.subscribeValue(`${block}.bConnected`, d => connected.push(d.value), 10, true);
	await client.writeValue(`${block}.sHostName`, server.host);
	await client.writeValue(`${block}.nHostPort`, server.port);
	await client.writeValue(`${block}.sUri`, '/symbols');
	await client.writeValue(`${block}.stTLS`, { sVersion: 'tlsv1.3' }, true);
	assert.equal((await output(client, 'stTLS')).sVersion, 'tlsv1.3');
	await client.invokeRpcMethod(block, 'Connect', { bReconfig: true });
	await until('it is connected', () => connected.at(-1) === true && states.at(-1) === success);
	assert.equal(states[0], noConnection);
	assert.ok(states.slice(1, -1).every(s => s === busy), `states ${states}`);
	assert.equal((await client.invokeRpcMethod(block, 'Connect', { bReconfig: false })).returnValue, true);

	await messages(new Feed(client, await output(client, 'nHandle')));

	await client.invokeRpcMethod(block, 'Disconnect');
	await until('it is disconnected', async () => (await client.invokeRpcMethod(block, 'Disconnect')).returnValue);
	await until('the subscriptions tell', () => connected.at(-1) === false && states.at(-1) === noConnection);
	assert.deepEqual([await output(client, 'nCloseReason'), await output(client, 'bError')], [1000, false]);
	await client.unsubscribeAll();
}

// messages go to the server, which sends them back.
async function messages(feed) {
	await feed.send(text, 'Größe 1');
	await feed.send(binary, [0, 255, 0x80]);
	let m = await feed.receive();
	assert.deepEqual([m.sequence, m.kind, m.data.toString()], [feed.acknowledged + 1, text, 'Größe 1']);

	// S_FALSE: it is not taken, and is offered again; while it is held nothing comes.
	await feed.until('both are there', a => a.waiting === 2);
	const held = await feed.exchange({ flags: say.hold });
	assert.deepEqual([held.waiting, held.pieces], [2, []]);
	m = await feed.receive();
	assert.deepEqual([m.sequence, m.data.toString()], [feed.acknowledged + 1, 'Größe 1']);

	// S_OK: it is taken, and the next one comes.
	feed.acknowledged = m.sequence;
	m = await feed.receive();
	assert.deepEqual([m.sequence, m.kind, m.data], [feed.acknowledged + 1, binary, Buffer.from([0, 255, 0x80])]);
	feed.acknowledged = m.sequence;
	assert.equal((await feed.exchange()).waiting, 0);

	// One that is longer than what is written or read at once.
	const long = Buffer.from('0123456789'.repeat(3000));
	const sequence = ++feed.sequence;
	for (let offset = 0; offset < long.length; offset += 8000) {
		await feed.exchange({ pieces: [{ sequence, total: long.length, offset, kind: text, data: long.subarray(offset, offset + 8000) }] });
	}
	m = await feed.receive(4096);
	assert.ok(m.data.equals(long) && m.pieces > 7, `${m.data.length} octets in ${m.pieces} pieces`);
	feed.acknowledged = m.sequence;
}

const open = async (client, name) => new Feed(client, (await client.readWriteRaw(group.open, 1, 4, Buffer.from(name))).readUInt32LE());

// protocol is a client of its own, whose protocol is judged and which the server closes.
async function protocol(client, { server }) {
	const inputs = { sHostName: server.host, nHostPort: server.port, sUri: '/protocol', sProtocol: 'echo', bPerMessageDeflate: true };
	const feed = await open(client, 'MAIN.fbFeed');
	assert.equal((await feed.exchange()).state, noConnection);
	await feed.connect(reconfig | judge, inputs);
	let answer = await feed.until('a verdict is asked for', a => a.flags & asked.protocol);
	assert.deepEqual([answer.protocol, answer.connected, answer.state], ['echo', false, busy]);
	answer = await feed.until('it is connected', a => a.connected, { flags: say.accepted });
	assert.deepEqual([answer.state, answer.error], [success, false]);
	await feed.send(text, 'x'.repeat(3000), 1);
	const m = await feed.receive();
	assert.equal(m.data.toString(), 'x'.repeat(3000));
	feed.acknowledged = m.sequence;

	await feed.send(text, 'please close 4001 enough');
	answer = await feed.until('the end is told', a => a.flags & asked.close);
	assert.deepEqual([answer.closeCode, answer.content, answer.connected], [4001, 'enough', false]);
	answer = await feed.until('it was told', a => !(a.flags & asked.close), { flags: say.closeTold });
	assert.deepEqual([answer.reason, answer.connected], [4001, false]);

	await feed.connect(judge, {});
	await feed.until('a verdict is asked for', a => a.flags & asked.protocol);
	answer = await feed.until('it is rejected', a => a.error, { flags: say.rejected });
	assert.deepEqual([answer.state, answer.connected], [rejected, false]);

	// What OnWebSocketMessage fails with closes the connection.
	await feed.connect(reconfig, { ...inputs, sUri: '/failed' });
	await feed.until('it is connected', a => a.connected);
	await feed.send(text, 'wrong');
	feed.acknowledged = (await feed.receive()).sequence;
	await feed.exchange({ flags: say.failed });
	answer = await feed.until('the connection ends', a => !a.connected);
	assert.equal(answer.reason, 1011);
	await client.writeRaw(group.release, feed.handle, Buffer.alloc(0));
}

// errors are those of connections and of the service.
async function errors(client, { server }) {
	const feed = await open(client, 'MAIN.fbLost');
	await feed.connect(reconfig, { sHostName: server.host, nHostPort: server.nobody });
	let answer = await feed.until('the connection is refused', a => a.state !== busy);
	assert.deepEqual([answer.state, answer.error, answer.connected], [refused, true, false]);
	assert.notEqual(answer.code, 0);
	await feed.connect(reconfig, { sHostName: server.host, nHostPort: 1 });
	answer = await feed.until('the server is not allowed', a => a.state !== busy);
	assert.deepEqual([answer.state, answer.error], [denied, true]);

	const nothing = Buffer.alloc(0);
	assert.equal(await codeOf(client.readWriteRaw(group.open, 2, 4, nothing)), 0x703); // another version
	assert.equal(await codeOf(client.readWriteRaw(group.exchange, feed.handle, 512, Buffer.alloc(5))), 0x706);
	assert.equal(await codeOf(client.readWriteRaw(group.exchange, feed.handle, 8, Buffer.alloc(12))), 0x705);
	assert.equal(await codeOf(client.writeRaw(group.connect, feed.handle, Buffer.from([1, 0, 0, 0, 99, 0, 0, 0]))), 0x70B);
	const other = new Client({ ...client.settings, ...(client.settings.localAdsPort && { localAdsPort: client.settings.localAdsPort + 1 }) });
	await other.connect();
	assert.equal(await codeOf(other.writeRaw(group.release, feed.handle, nothing)), 0x723); // it is not its own
	await other.disconnect();
	await client.writeRaw(group.release, feed.handle, nothing);
	await until('the handle is not known any more', async () => await codeOf(client.writeRaw(group.release, feed.handle, nothing)) === 0x715);
}

talk(symbols, protocol, errors);
