import { churn } from './churn.ts';
import { drain, received } from './drain.ts';
import { hold, holding } from './hold.ts';
import { ping } from './ping.ts';
import { serve } from './serve.ts';

/** What a load process can be told to do. Arguments and results cross as JSON. */
export const commands = { serve, drain, received, churn, ping, hold, holding };
