/**
 * Has SIGHUP do something: that is what a service manager sends to have a configuration read again, and
 * logrotate to have a log file opened again. Whoever wants either asks here, all are called, in the order in
 * which they asked. A program in which nobody does ends by SIGHUP, as it would in a terminal that is closed.
 *
 * @param then - must not throw
 */
export function onHangUp(then: () => void): void {
  process.on('SIGHUP', then);
}
