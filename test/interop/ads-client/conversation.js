// conversation.js OPTIONS: a conversation of ads-client with a simulated PLC. OPTIONS
// are those of the client, as JSON. What is not as it should be ends it with status 1.
'use strict';
const assert = require('node:assert/strict');
const { Client, talk, until } = require('./talk.js');

const target = { adsPort: 852 }; // the second program, with methods of structures and arrays

async function device(client) {
	const info = await client.readDeviceInfo();
	assert.deepEqual([info.deviceName, info.majorVersion, info.minorVersion], ['Plc30 App', 3, 1]);
	assert.equal((await client.readPlcRuntimeState()).adsStateStr, 'Run');
	assert.equal((await client.readTcSystemState()).adsStateStr, 'Run');
	const { symbolCount, dataTypeCount } = await client.readPlcUploadInfo();
	assert.equal(Object.keys(await client.getSymbols()).length, symbolCount);
	assert.equal(Object.keys(await client.getDataTypes()).length, dataTypeCount);
	await client.stopPlc();
	assert.equal((await client.readPlcRuntimeState()).adsStateStr, 'Stop');
	await client.startPlc();
	assert.equal((await client.readPlcRuntimeState()).adsStateStr, 'Run');
}

const sensor = {
	sName: 'new', fValue: -1.25, stLimits: { fLow: 1, fHigh: 2 }, bAlarm: true, bBroken: false, aRaw: [1, -2, 3, -4],
};

// values are read, and then written and read again, by their types.
const values = {
	bBool: [true, false],
	nByte: [0x12, 255],
	nWord: [0x1234, 65535],
	nDWord: [0x12345678, 4294967295],
	nLWord: [0x123456789ABCDEF0n, 18446744073709551615n],
	nSInt: [-12, 127],
	nUSInt: [200, 0],
	nInt: [-1234, 32767],
	nUInt: [50000, 65535],
	nDInt: [-123456, -2147483648],
	nUDInt: [4000000000, 1],
	nLInt: [-1234567890123n, 9223372036854775807n],
	nULInt: [12345678901234567890n, 1n],
	fReal: [1.5, -0.25],
	fLReal: [3.14159265358979, 1e-300],
	sString: ['Größe 1', 'äöü€'],
	wsString: ['Ωhm €', 'Жук 京'],
	sUTF8: ['Ωhm €', '京都'],
	tTime: [90_000, 4_294_967_295],
	tLTime: [1_500_000n, 1n],
	dDate: [new Date('2026-01-31T00:00:00Z'), new Date('2038-02-01T00:00:00Z')],
	dtTime: [new Date('2026-01-31T12:30:00Z'), new Date('2100-12-31T23:59:59Z')],
	todTime: [45_015_000, 86_399_999],
	eEnum: [{ name: 'Running', value: 20 }, { name: 'Fault', value: 99 }],
	nRange: [42, 100],
	fAlias: [12.5, 99.5],
	uUnion: [{ nWord: 0x0102, aBytes: [2, 1] }],
	aInt: [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [10, -9, 8, -7, 6, -5, 4, -3, 2, -1]],
	aMatrix: [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]],
	aNested: [[[false, false], [true, false]], [[true, true], [false, true]]],
	aText: [['one', 'two', 'three'], ['', '1234567890', 'ß']],
	bInput: [false, true],
	nOutput: [0, -1],
	nMemory: [7, -7],
};

async function typed(client) {
	for (const [name, [before, after]] of Object.entries(values)) {
		const path = `GVL.${name}`;
		assert.deepEqual((await client.readValue(path)).value, before, path);
		if (after === undefined) continue;
		await client.writeValue(path, after);
		assert.deepEqual((await client.readValue(path)).value, after, path);
	}
	// It takes the size of an element once for each dimension, and sends that many octets.
	await assert.rejects(client.writeValue('GVL.aMatrix', [[9, 8, 7], [6, 5, 4], [3, 2, 1]]), error => error.adsError?.errorCode === 0x705 || error.trace !== undefined);
	await client.writeValue('GVL.aMatrix[2,3]', 99);
	assert.deepEqual((await client.readValue('GVL.aMatrix')).value, [[1, 2, 3], [4, 5, 6], [7, 8, 99]]);
	await client.writeValue('GVL.eEnum', 'Starting');
	assert.deepEqual((await client.readValue('GVL.eEnum')).value, { name: 'Starting', value: 10 });
	await client.writeValue('GVL.stSensor', sensor);
	assert.deepEqual((await client.readValue('GVL.stSensor')).value, sensor);
	await client.writeValue('GVL.stSensor', { fValue: 7 }, true); // the rest is read before
	assert.deepEqual((await client.readValue('GVL.stSensor')).value, { ...sensor, fValue: 7 });
	assert.equal((await client.readValue('MAIN.aSensors[2].sName')).value, 'sensor 2');
	await client.writeValue('MAIN.aSensors[4].aRaw[3]', 99);
	assert.equal((await client.readValue('MAIN.aSensors[4].aRaw[3]')).value, 99);
	assert.equal((await client.readValue('MAIN.aSensors')).value.length, 4);
	await client.writeValue('GVL.stSensor.bBroken', true);
	assert.deepEqual((await client.readValue('GVL.stSensor')).value, { ...sensor, fValue: 7, bBroken: true });
	assert.equal((await client.readValue('GVL.aInt[10]')).value, -1);
	await assert.rejects(client.readValue('GVL.nothing'), error => /0x710|1808|not found/i.test(JSON.stringify(error)));
}

async function raw(client) {
	const { indexGroup, indexOffset, size } = await client.getSymbol('GVL.nDInt');
	const octets = Buffer.from([1, 2, 3, 4]);
	await client.writeRaw(indexGroup, indexOffset, octets);
	assert.deepEqual(await client.readRaw(indexGroup, indexOffset, size), octets);
	assert.deepEqual(await client.readRawByPath('GVL.nDInt'), octets);
	await client.writeRawByPath('GVL.nDInt', Buffer.from([4, 3, 2, 1]));

	const handle = await client.createVariableHandle('GVL.nDInt');
	assert.deepEqual(await client.readRawByHandle(handle), Buffer.from([4, 3, 2, 1]));
	await client.writeRawByHandle(handle, octets);
	await client.deleteVariableHandle(handle);
	await assert.rejects(client.readRawByHandle(handle));

	const handles = await client.createVariableHandleMulti(['GVL.nDInt', 'GVL.nothing', 'GVL.nInt']);
	assert.deepEqual(handles.map(h => h.success), [true, false, true]);
	const made = handles.filter(h => h.success).map(h => h.handle);
	assert.deepEqual((await client.deleteVariableHandleMulti(made)).map(h => h.success), [true, true]);

	const at = { indexGroup, indexOffset }, nowhere = { indexGroup: 0x4711, indexOffset: 0 };
	const reads = await client.readRawMulti([{ ...at, size: 4 }, { ...nowhere, size: 4 }, { ...at, size: 2 }]);
	assert.deepEqual(reads.map(r => r.success), [true, false, true]);
	assert.deepEqual([reads[0].value, reads[2].value], [octets, octets.subarray(0, 2)]);
	const writes = await client.writeRawMulti([{ ...at, value: Buffer.alloc(4, 7) }, { ...nowhere, value: octets }]);
	assert.deepEqual(writes.map(w => w.success), [true, false]);
	const name = Buffer.from('GVL.nDInt\0');
	const both = await client.readWriteRawMulti([
		{ indexGroup: 0xF004, indexOffset: 0, size: 4, value: name },
		{ indexGroup: 0xF003, indexOffset: 0, size: 4, value: Buffer.from('GVL.nothing\0') },
	]);
	assert.deepEqual(both.map(b => b.success), [true, false]);
	assert.deepEqual(both[0].data, Buffer.alloc(4, 7));
}

async function subscriptions(client) {
	const changes = [], cycles = [], texts = [];
	const onChange = await client.subscribeValue('GVL.nInt', d => changes.push(d.value), 10, true);
	const cyclic = await client.subscribeValue('GVL.stSensor', d => cycles.push(d.value), 20, false);
	const { indexGroup, indexOffset, size } = await client.getSymbol('GVL.sString');
	const text = await client.subscribeRaw(indexGroup, indexOffset, size, d => texts.push(d.value), 10, true);
	for (const n of [1, 2, 3]) {
		await client.writeValue('GVL.nInt', n);
		await until(`${n} comes`, () => changes.at(-1) === n);
	}
	assert.deepEqual(changes.slice(1), [1, 2, 3]); // the value of the beginning, and each change once
	await until('10 cycles come', () => cycles.length >= 10);
	assert.equal(cycles.at(-1).sName, sensor.sName);
	await until('the text comes', () => texts.length === 1);
	await onChange.unsubscribe();
	await client.writeValue('GVL.nInt', 4);
	const count = cycles.length;
	await until('5 more cycles come', () => cycles.length >= count + 5);
	assert.equal(changes.at(-1), 3);
	await client.unsubscribe(cyclic);
	await client.unsubscribe(text);
}

const targetOf = client => ({
	targetAdsPort: target.adsPort,
	...(client.settings.localAdsPort && { localAdsPort: client.settings.localAdsPort + 1 }),
});

async function methods(client) {
	const { returnValue, outputs } = await client.invokeRpcMethod('MAIN.fbPump', 'Add', { a: -3, b: 10 });
	assert.deepEqual([returnValue, outputs], [7, { nTwice: 14 }]);
	assert.equal((await client.invokeRpcMethod('MAIN.aPumps[1]', 'Start', { fSpeed: 30 })).returnValue, true);
	assert.equal((await client.readValue('MAIN.aPumps[1].fActual')).value, 30);
	await assert.rejects(client.invokeRpcMethod('MAIN.fbPump', 'Start', { fSpeed: 300 }));
	// It looks types of results up at its own target only: another client.
	const second = new Client({ ...client.settings, ...targetOf(client) });
	await second.connect();
	const mixed = await second.invokeRpcMethod('MAIN.fbMixer', 'Mix', {
		stDose: { nGrams: 5, sName: 'salt' }, aParts: [1, 2, 3],
	});
	await second.disconnect();
	assert.deepEqual(mixed.returnValue, { nGrams: 30, sName: 'salt!' });
	assert.deepEqual(mixed.outputs, { aDoubled: [2, 4, 6], stLast: { nGrams: 3, sName: 'last' } });
}

// cuts is a lost connection, where the test has a way to cut it.
async function cuts(client, { cut }) {
	if (!cut) return;
	let values = [], reconnected = 0;
	client.on('reconnect', () => reconnected++);
	await client.subscribeValue('GVL.nInt', d => values.push(d.value), 10, true);
	await until('the first value comes', () => values.length > 0);
	client.writeValue('GVL.nUInt', 4711).catch(() => {}); // has the test cut the connection, and may have no answer
	await until('the client is connected again', () => reconnected > 0);
	values = [];
	await client.writeValue('GVL.nInt', 77);
	await until('values come again', () => values.at(-1) === 77);
}

talk(device, typed, raw, subscriptions, methods, cuts);
