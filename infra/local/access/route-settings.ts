/**
 * The environment that leads a process's connections to names in Azure to this machine, and nowhere else. Node loads the
 * routes before anything of the process's own (route-names.ts).
 */

/** `host:port`, as the process would connect, to a port on 127.0.0.1. */
export type Routes = Readonly<Record<string, number>>;

export function routeSettings(routes: Routes): Readonly<Record<string, string>> {
  const preload = new URL('route-names.ts', import.meta.url).href;
  const { NODE_OPTIONS: given } = process.env;
  return {
    NODE_OPTIONS: [...(given ? [given] : []), `--import=${preload}`].join(' '),
    LOCAL_ROUTES: JSON.stringify(routes),
  };
}
