import { servers } from '../../support/registrants.ts';
import { relaysFor } from './suite.ts';

for (const server of servers) relaysFor(server);
