// Sends every client its own bytes back. Run: node examples/echo-server.ts <relay host:port>
import { createServer } from 'node:net';
import { createAgent } from 'relay-broker';

const [to = 'localhost:8080'] = process.argv.slice(2);

// It never listens: clients come in through the relay only.
const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', (error) => console.error(`A client went wrong: ${error.message}`));
  socket.pipe(socket);
});

const agent = createAgent({ to, target: server });
agent.on('ready', ({ host, port }) => console.log(`Registered. Try: nc ${host} ${port}`));
agent.on('retrying', (error, delay) => console.error(`${error.message} Next try in ${delay} ms.`));
process.once('SIGINT', () => agent.close()).once('SIGTERM', () => agent.close());

await agent.run();
