/**
 * An error answer in Key Vault's shape: `{error: {code, message, innererror?: {code}}}`.
 */
export class VaultProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly innerCode: string | undefined;

  constructor(status: number, code: string, message: string, innerCode?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.innerCode = innerCode;
  }

  toBody(): unknown {
    const inner = this.innerCode === undefined ? {} : { innererror: { code: this.innerCode } };
    return { error: { code: this.code, message: this.message, ...inner } };
  }
}

export function badParameter(message: string): VaultProblem {
  return new VaultProblem(400, 'BadParameter', message);
}
