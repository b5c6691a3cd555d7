/**
 * The immutability policies of a storage account's containers, as a port: `lock` changes them, `verify` and `doctor` only
 * look. A policy counts for a whole container and from when a blob was last written to (FACTS §9).
 */

export interface ContainerPolicy {
  readonly container: string;
  /** `none`: nothing keeps anybody from deleting what is in it. `unlocked`: nothing keeps an administrator from it. */
  readonly state: 'locked' | 'unlocked' | 'none';
  /** How long, days; 0 where there is none. */
  readonly days: number;
  /** Whether append blobs may still grow: without it no segment takes a second record. */
  readonly mayAppend: boolean;
  /** Of this state of the policy; a lock names it, so that nothing else is locked than was seen. */
  readonly etag: string;
}

export interface ContainerPolicies {
  /** Of every container of the account, by name. Throws `CommandFailure` where nobody can say. */
  list(): Promise<readonly ContainerPolicy[]>;
  /** Throws likewise, also for a container that is not there. */
  read(container: string): Promise<ContainerPolicy>;
  /**
   * For good. `changed`: the policy is not the one that was seen, and nothing was done. Throws `CommandFailure` where it
   * was refused, or where nobody can say what became of it.
   */
  lock(policy: ContainerPolicy): Promise<'locked' | 'changed'>;
}
