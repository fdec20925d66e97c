// What conversations with ads-client have in common.
'use strict';
const { Client } = require('ads-client');

// until waits for a condition, which may be a promise.
const until = async (what, condition) => {
	for (const end = Date.now() + 20_000; !await condition(); await new Promise(f => setTimeout(f, 10))) {
		if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
	}
};

// settings are those of a client for tests.
const settings = {
	timeoutDelay: 10_000, hideConsoleWarnings: true, reconnectInterval: 200, connectionCheckInterval: 200, connectionDownDelay: 400,
};

// talk connects with the options of the command line, has the parts of a
// conversation one after the other, and disconnects. What is not as it should be
// ends the program with status 1.
const talk = (...parts) => {
	const run = async () => {
		const { cut, server, ...options } = JSON.parse(process.argv[2]);
		const client = new Client({ ...settings, ...options });
		const connection = await client.connect();
		if (connection.targetAmsNetId !== options.targetAmsNetId) throw new Error(`connected to ${connection.targetAmsNetId}`);
		for (const part of parts) {
			await part(client, { cut, server });
			console.log(part.name);
		}
		await client.disconnect();
		console.log('done');
	};
	run().catch(error => {
		console.error(error);
		if (error.adsError) console.error(JSON.stringify(error.adsError));
		process.exit(1);
	});
};

module.exports = { Client, talk, until };
