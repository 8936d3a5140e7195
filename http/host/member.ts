/** What a node among several has in place of files, counts and a sign-in of its own, for the composition root. */

import type { Watch } from '../../actors/diagnostics.ts';
import type { Peer } from '../../actors/link.ts';
import type { Clock, Journal } from '../../actors/seams.ts';
import type { SharedLogin } from '../../actors/login-desk.ts';
import type { Service } from '../../actors/service.ts';
import type { HttpHappenings } from '../happenings.ts';
import { tellSpent } from '../usage-kept.ts';
import type { UsageDesk } from '../usage-route.ts';
import { type FileSpec, type LineFile, linkedFile } from './file-desk.ts';
import type { HostMaker } from './host.ts';
import { LinkedHost, type UsageTurns } from './linked-host.ts';
import { SharedSignIn, type SignInNode } from './shared-sign-in.ts';
import { hostWords } from './words.ts';

export interface Member {
  readonly host: HostMaker;
  readonly login: SharedLogin;
  /** The runtime of this node, with the sign-in that all share. */
  service(node: Service & SignInNode): Service;
  open(file: FileSpec): LineFile;
  /** What is spent here is told; what all have spent is asked for. `mask` takes secrets out. */
  usage(watch: Watch<HttpHappenings>, mask: (text: string) => string): UsageDesk;
  settled(): Promise<void>;
}

export interface MemberTools {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly turns: UsageTurns;
}

/** `configured`: nodes of the host. */
export function memberOf(peer: Peer, configured: number, { clock, journal, turns }: MemberTools): Member {
  const linked = new LinkedHost({ peer, configured, turns });
  const shared = new SharedSignIn(peer, clock);
  return {
    host: linked.join,
    login: shared,
    service: (node) => {
      shared.serves(node);
      return {
        starts: node.starts,
        open: (request, named) => node.open(request, named),
        archive: (owner) => node.archive(owner),
        claimElsewhere: (name) => node.claimElsewhere(name),
        signIn: shared.signIn,
        health: () => node.health(),
        models: () => node.models(),
        limits: () => node.limits(),
        drain: () => node.drain(),
      };
    },
    open: (file) => linkedFile(peer, file, () => journal.lost?.(file.name, 1)),
    usage: (watch, mask) => {
      tellSpent(watch, mask, (spent, line) => peer.tell(hostWords.spent, [spent, line]));
      return linked.usage;
    },
    settled: () => linked.settled(),
  };
}
