// change.js OPTIONS: ads-client meets online changes of a simulated PLC, which makes
// one when MAIN.bChange is written. OPTIONS are those of the client, as JSON. What is
// not as it should be ends it with status 1.
'use strict';
const assert = require('node:assert/strict');
const { talk, until } = require('./talk.js');

const versions = []; // that the client has told of, each with the one before
const totals = [], parts = [], gone = []; // what the subscriptions brought
const handles = {};

async function before(client) {
	client.on('plcSymbolVersionChange', (version, old) => versions.push([version, old]));
	await client.cacheSymbols();
	await client.cacheDataTypes();
	assert.deepEqual((await client.readValue('MAIN.stPart')).value, { nCount: 3, fWeight: 1.5 });
	await client.writeValue('MAIN.nTotal', 41);
	await client.subscribeValue('MAIN.nTotal', d => totals.push(d.value), 10, true);
	await client.subscribeValue('MAIN.stPart', d => parts.push(d.value), 20, false);
	await client.subscribeValue('MAIN.nGone', d => gone.push(d.value), 10, true);
	await until('all values come', () => totals.length > 0 && parts.length > 1 && gone.length > 0);
	for (const name of ['nTotal', 'nGone']) handles[name] = await client.createVariableHandle(`MAIN.${name}`);
}

// change makes one, and waits until the client has heard of it and has subscribed again.
async function change(client, to, version) {
	const address = (await client.getSymbol('MAIN.nTotal')).indexOffset;
	versions.length = 0;
	await client.writeValue('MAIN.bChange', to);
	await until('the client hears of the online change', () => versions.length > 0);
	assert.deepEqual(versions, [[version, version - 1]]);
	assert.notEqual((await client.getSymbol('MAIN.nTotal')).indexOffset, address, 'MAIN.nTotal has not moved');
	assert.equal((await client.readValue('MAIN.bChange')).value, to);
	totals.length = parts.length = gone.length = 0;
}

const codeOf = async promise => {
	try {
		await promise;
	} catch (error) {
		return error.adsError?.errorCode;
	}
};

async function changed(client) {
	const { symbolCount } = await client.readPlcUploadInfo();
	await change(client, true, 2);
	assert.notEqual((await client.readPlcUploadInfo()).symbolCount, symbolCount);
	assert.equal((await client.readValue('MAIN.nTotal')).value, 41);
	assert.deepEqual((await client.readValue('MAIN.stPart')).value, { sName: '', nCount: 3, fWeight: 1.5 });
	assert.equal((await client.readValue('MAIN.nNew')).value, 12);
	assert.equal(await codeOf(client.readValue('MAIN.nGone')), 0x710);

	// A handle leads to its variable, wherever that is, as long as it is there.
	assert.equal((await client.readRawByHandle(handles.nTotal)).readInt32LE(), 41);
	assert.equal(await codeOf(client.readRawByHandle(handles.nGone)), 0x711);
	await client.deleteVariableHandle(handles.nGone);

	await client.writeValue('MAIN.nTotal', 42);
	await until('the total comes', () => totals.at(-1) === 42);
	await client.writeValue('MAIN.stPart', { sName: 'bolt', nCount: 4, fWeight: 2.5 });
	await until('the part comes', () => parts.at(-1)?.sName === 'bolt');
	assert.deepEqual(parts.at(-1), { sName: 'bolt', nCount: 4, fWeight: 2.5 });
	assert.ok(totals.every(n => n === 41 || n === 42), `totals ${totals}`);
	assert.ok(parts.every(p => p.nCount === 3 || p.nCount === 4), JSON.stringify(parts));
	assert.deepEqual(gone, []);
}

// back is the program of before: what was gone is there again, with its initial value.
async function back(client) {
	await change(client, false, 3);
	assert.equal((await client.readValue('MAIN.nTotal')).value, 42);
	assert.deepEqual((await client.readValue('MAIN.stPart')).value, { nCount: 4, fWeight: 2.5 });
	assert.equal((await client.readValue('MAIN.nGone')).value, 5);
	assert.equal((await client.readRawByHandle(handles.nTotal)).readInt32LE(), 42);
	await client.deleteVariableHandle(handles.nTotal);
	await client.writeValue('MAIN.nTotal', 43);
	await until('the total comes', () => totals.at(-1) === 43);
	await until('parts come', () => parts.length > 2);
	assert.deepEqual(parts.at(-1), { nCount: 4, fWeight: 2.5 });
	assert.deepEqual(gone, []); // it does not try again what could not be subscribed to
	await client.unsubscribeAll();
}

talk(before, changed, back);
