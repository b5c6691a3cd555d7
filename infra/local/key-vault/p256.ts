/**
 * ECDSA on P-256 over a digest that is already computed (FIPS 186-5), because that is what Key Vault signs and
 * `node:crypto` always hashes first. Plain BigInt arithmetic, not constant-time: for the local stand-in only.
 */
import { createECDH, randomBytes } from 'node:crypto';

const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const A = P - 3n;
const G: Point = {
  x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
};

export interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

/** `digest`: 32 bytes. Returns r and s, 32 bytes each (the JWS form). */
export function signDigest(privateKey: bigint, digest: Uint8Array): Buffer {
  const z = toBigInt(digest);
  for (;;) {
    const k = toBigInt(randomBytes(32));
    if (k === 0n || k >= N) continue;
    const r = modulo(timesBasePoint(k), N);
    const s = modulo(inverse(k, N) * (z + r * privateKey), N);
    if (r !== 0n && s !== 0n) return Buffer.concat([toBytes(r), toBytes(s)]);
  }
}

export function verifyDigest(publicKey: Point, digest: Uint8Array, signature: Uint8Array): boolean {
  if (signature.byteLength !== 64) return false;
  const r = toBigInt(signature.subarray(0, 32));
  const s = toBigInt(signature.subarray(32));
  if (r === 0n || r >= N || s === 0n || s >= N) return false;
  const w = inverse(s, N);
  const sum = add(multiply(G, modulo(toBigInt(digest) * w, N)), multiply(publicKey, modulo(r * w, N)));
  return sum !== undefined && modulo(sum.x, N) === r;
}

/** The x coordinate of k·G; the curve's own generator is what ECDH already multiplies. */
function timesBasePoint(k: bigint): bigint {
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(toBytes(k));
  return toBigInt(ecdh.getPublicKey().subarray(1, 33));
}

/** `undefined` is the point at infinity. */
function add(a: Point | undefined, b: Point | undefined): Point | undefined {
  if (!a) return b;
  if (!b) return a;
  if (a.x === b.x && modulo(a.y + b.y, P) === 0n) return undefined;
  const slope =
    a.x === b.x
      ? (3n * a.x * a.x + A) * inverse(modulo(2n * a.y, P), P)
      : (b.y - a.y) * inverse(modulo(b.x - a.x, P), P);
  const x = modulo(slope * slope - a.x - b.x, P);
  return { x, y: modulo(slope * (a.x - x) - a.y, P) };
}

function multiply(point: Point, factor: bigint): Point | undefined {
  let sum: Point | undefined;
  let power: Point | undefined = point;
  for (let rest = factor; rest > 0n; rest >>= 1n) {
    if (rest & 1n) sum = add(sum, power);
    power = add(power, power);
  }
  return sum;
}

/** By the extended Euclidean algorithm; `value` and `modulus` are coprime. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b] = [value, modulus];
  let [x, y] = [1n, 0n];
  while (b > 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return modulo(x, modulus);
}

function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

export function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
}

function toBytes(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
}
