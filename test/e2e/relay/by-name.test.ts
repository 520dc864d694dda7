import { named } from '../../support/registrants.ts';
import { relaysFor } from './suite.ts';

for (const registrant of named) relaysFor(registrant);
