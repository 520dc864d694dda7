import { churn } from './churn.ts';
import { hold, holding } from './hold.ts';
import { ping } from './ping.ts';
import { received } from './received.ts';
import { serve } from './serve.ts';
import { stream } from './stream.ts';

/** What a load process can be told to do. Arguments and results cross as JSON. */
export const commands = { serve, stream, received, churn, ping, hold, holding };
