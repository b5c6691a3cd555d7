/**
 * The Cedar engine itself. Its WebAssembly is read and compiled when the first policy engine is made, not when a file
 * is imported: an import must do no work. Everything passes as JSON text, so `JSON.rawJSON` carries 64-bit integers.
 */
import { createRequire } from 'node:module';

export type Cedar = Pick<
  typeof import('@cedar-policy/cedar-wasm/nodejs'),
  | 'checkParsePolicySet'
  | 'policySetTextToParts'
  | 'policyToJson'
  | 'preparsePolicySet'
  | 'preparseSchema'
  | 'schemaToText'
  | 'statefulIsAuthorized'
  | 'validate'
>;

/** About 30 ms the first time in a process, nothing after that. Throws if the package is not installed. */
export function loadCedar(): Cedar {
  const cedar: Cedar = createRequire(import.meta.url)('@cedar-policy/cedar-wasm/nodejs');
  return cedar;
}
