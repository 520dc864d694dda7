import { doors } from '../../support/registrants.ts';
import { relaysFor } from './suite.ts';

for (const registrant of doors) relaysFor(registrant);
