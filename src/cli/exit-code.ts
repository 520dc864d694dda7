/** Of a program that could not do what it was to do. */
export const FAILURE = 1;
/** And of one that was asked for something that it does not know. */
export const USAGE = 2;
