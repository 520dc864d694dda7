import { readFileSync } from 'node:fs';

/** The Dockerfile, each instruction in one line. */
export const dockerfile = readFileSync('Dockerfile', 'utf8').replaceAll('\\\n', ' ');

/** The variables of the broker's image, which every command of it has. */
export const imageEnvironment = Object.fromEntries(
  [...dockerfile.matchAll(/(RELAY_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]),
);
