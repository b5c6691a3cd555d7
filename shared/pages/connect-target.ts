/**
 * What a client must know to reach one server through this gateway (FACTS §2), and who gives it to the pages. All of it
 * is public, in the resource's metadata or in any token; only which servers there are for a person is not.
 */
import type { Person } from '../approvals/inbox.ts';
import type { ConnectClients } from '../config/config.ts';

export interface ConnectTarget {
  readonly server: string;
  /** Where clients send their requests. */
  readonly url: string;
  /** As tokens are asked for: an identifier URI of the gateway's registration. */
  readonly resource: string;
  /** Fully qualified. */
  readonly scope: string;
  /** The app role of apps that call by themselves. */
  readonly role: string;
  readonly tenantId: string;
  /** Of the gateway's own registration, on which the app role is assigned. */
  readonly gatewayClientId: string;
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  readonly clients: ConnectClients;
}

export interface Connect {
  /** Those that the person may use, in configured order. */
  servers(person: Person): readonly string[];
  /** Undefined for what is not there and for what is not theirs: nobody learns which. */
  find(person: Person, server: string): ConnectTarget | undefined;
}
