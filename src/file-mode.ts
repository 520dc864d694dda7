/** What others than its owner may do with a file. */
const OTHERS = 0o077;

/** What a group of a file may do, if it is to read it and nothing more. */
const READ_BY_GROUP = 0o040;

/** What is known of a file and its owner; see stat(2). */
interface Stats {
  mode: number;
  uid: number;
}

/**
 * Whether others than its owner can do something with a file of this kind, which holds a secret.
 *
 * @param me - the user that this process is; undefined where there are none
 */
export function isOpenToOthers({ mode, uid }: Stats, me = process.getuid?.()): boolean {
  // Windows has no such permissions, and Node makes some up; the folder's rights protect the file there.
  if (me === undefined) return false;
  // Kubernetes and systemd hand secrets over as files of root's that a group, or whoever an
  // ACL names, may read, which shows in the same bits: otherwise they would not be ours to read.
  const isHandedOver = uid === 0 && me !== 0;
  return (mode & (isHandedOver ? OTHERS & ~READ_BY_GROUP : OTHERS)) !== 0;
}
