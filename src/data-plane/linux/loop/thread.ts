import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { DescriptorBudget } from '../../descriptor-budget.ts';
import { type LoopCommand, type LoopEvent, READY, type ThreadSettings } from '../messages.ts';
import { close, closeListeners, quieten, reset, SystemError } from '../system-calls.ts';
import { TrafficBoard } from '../traffic-board.ts';
import { Announcer } from './announcer.ts';
import { Connection } from './connection.ts';
import { Dialler } from './dialler.ts';
import { LinuxExchange } from './exchange.ts';
import { Loop } from './loop.ts';
import { Outbox } from './outbox.ts';
import { PipePool } from './pipe-pool.ts';
import type { Relay } from './relay.ts';
import { Upkeep } from './upkeep.ts';
import { Watchdog } from './watchdog.ts';

/**
 * The program of a thread. It never returns to Node's event loop before it is
 * told to close: it waits in epoll_wait(2), the bell among its descriptors, and
 * takes its commands from the port by hand.
 */
const { bell, budget: cell, state, traffic: memory } = workerData as ThreadSettings;
const port = parentPort;
if (port === null) throw new Error('this file is the program of a thread');

const loop = new Loop();
const outbox = new Outbox(loop, state, (events: LoopEvent[]) => port.postMessage(events));
const budget = new DescriptorBudget(cell);
const pipes = new PipePool(budget, () => outbox.warn('pipes'));
const upkeep = new Upkeep(loop);
const watchdog = new Watchdog(loop, () => outbox.warn('stall'));
const traffic = new TrafficBoard(memory);
const relay: Relay = { loop, outbox, budget, pipes, upkeep, watchdog, traffic };
const exchanges = new Map<number, LinuxExchange>();
const dialler = new Dialler(relay);

function obey(command: LoopCommand): void {
  switch (command.do) {
    case 'open':
      open(command);
      break;
    case 'start':
      exchanges.get(command.id)?.start();
      break;
    case 'announce':
      announce(command);
      break;
    case 'say':
      exchanges.get(command.id)?.board.say(command.line);
      break;
    case 'hold':
      exchanges.get(command.id)?.hold();
      break;
    case 'set-parked':
      exchanges.get(command.id)?.board.park(command.isParked);
      break;
    case 'limit':
      exchanges.get(command.id)?.limit(command.limits);
      break;
    case 'fail':
      exchanges.get(command.id)?.board.clients.fail(command.ticket);
      break;
    case 'adopt':
      adopt(command);
      break;
    case 'adopt-client':
      adoptClient(command);
      break;
    case 'list':
      outbox.tell(['listed', command.id, exchanges.get(command.id)?.board.clients.list() ?? []]);
      break;
    case 'shut':
      shut(command);
      break;
    case 'accept-from':
      acceptFrom(command);
      break;
    case 'stop':
      exchanges.get(command.id)?.stop();
      break;
    case 'cut':
      exchanges.get(command.id)?.board.clients.cut(command.why, command.client);
      break;
    case 'dial':
      dialler.dial(command.id, command);
      break;
    case 'park':
      dialler.park(command.id, command);
      break;
    case 'serve':
      dialler.serve(command.id, command);
      break;
    case 'cut-dial':
      dialler.cut(command.id);
      break;
    case 'answer':
      outbox.tell(['answer', undefined]);
      break;
    case 'close':
      loop.stop();
  }
}

function open({ id, settings, counters }: LoopCommand & { do: 'open' }): void {
  try {
    const onFinished = () => exchanges.delete(id);
    const exchange = new LinuxExchange(id, settings, counters, relay, onFinished);
    exchanges.set(id, exchange);
    outbox.tell(['opened', id, exchange.clients, exchange.backConnects]);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    outbox.tell(['not-opened', id, error.plain]);
  }
}

function shut({ id, side }: LoopCommand & { do: 'shut' }): void {
  const exchange = exchanges.get(id);
  if (exchange === undefined) outbox.tell(['shut', id]);
  else exchange.shut(side);
}

function acceptFrom({ id, listeners }: LoopCommand & { do: 'accept-from' }): void {
  const exchange = exchanges.get(id);
  if (exchange === undefined) {
    closeListeners(listeners);
    return;
  }
  try {
    exchange.acceptFrom(listeners);
    outbox.tell(['accepting', id, exchange.clients, exchange.backConnects]);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    outbox.tell(['not-accepting', id, error.plain]);
  }
}

function announce(command: LoopCommand & { do: 'announce' }): void {
  const { id, round, descriptor, announcement } = command;
  const announcer = new Announcer(relay, id, round, descriptor);
  const exchange = exchanges.get(id);
  if (exchange === undefined) announcer.end();
  else exchange.announce(announcer, announcement);
}

function adopt({ id, connection, hello }: LoopCommand & { do: 'adopt' }): void {
  const { descriptor, address, read } = connection;
  const exchange = exchanges.get(id);
  // From now on the exchange counts it.
  budget.give(1);
  if (exchange === undefined) close(descriptor);
  else exchange.board.adopt(new Connection(descriptor), address, hello, read);
}

function adoptClient({ id, connection, greeting }: LoopCommand & { do: 'adopt-client' }): void {
  const { descriptor, address, port, read } = connection;
  const exchange = exchanges.get(id);
  budget.give(1);
  if (exchange === undefined) reset(descriptor);
  else exchange.board.adoptClient(new Connection(descriptor), address, port, { read, greeting });
}

const heard = loop.watch(bell, {
  ready() {
    quieten(bell);
    for (;;) {
      const received = receiveMessageOnPort(port) as { message: LoopCommand[] } | undefined;
      if (received === undefined) return;
      for (const command of received.message) obey(command);
    }
  },
});
if (!heard) throw new Error('the system has no memory for a thread');
Atomics.store(state, READY, 1);
Atomics.notify(state, READY);
loop.run();
outbox.proceed();
pipes.close();
