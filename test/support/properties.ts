import fc from 'fast-check';

/**
 * `npm test` draws the same values each time: whether a change lands is to depend on the change. A file that is run
 * alone draws anew, and so finds what nobody has thought of.
 */
const { RELAY_TEST_SEED } = process.env;
if (RELAY_TEST_SEED !== undefined) fc.configureGlobal({ seed: Number(RELAY_TEST_SEED) });

export default fc;
