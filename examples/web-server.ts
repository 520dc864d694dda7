// A web page behind the relay. Run: node examples/web-server.ts <relay host:port>
import { createServer } from 'node:http';
import { createAgent } from 'relay-broker';

const [to = 'localhost:8080'] = process.argv.slice(2);

// It never listens: no local port is opened.
const server = createServer((request, response) => {
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(`<!doctype html><title>Relayed</title><h1>Hello through the relay</h1>
<p>You asked for <code>${encodeURI(request.url ?? '/')}</code>.</p>\n`);
});

const agent = createAgent({ to, target: server });
agent.on('ready', ({ address }) =>
  console.log(`Registered. Open http://${address}/ in a browser.`),
);
agent.on('retrying', (error, delay) => console.error(`${error.message} Next try in ${delay} ms.`));
process.once('SIGINT', () => agent.close()).once('SIGTERM', () => agent.close());

await agent.run();
