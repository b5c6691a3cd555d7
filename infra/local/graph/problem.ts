/**
 * An error answer in Microsoft Graph's shape: `{error: {code, message, innerError: {date, request-id, …}}}`.
 */
export class GraphProblem extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  toBody(requestId: string, date: Date): unknown {
    const innerError = { date: date.toISOString().slice(0, 19), 'request-id': requestId };
    return { error: { code: this.code, message: this.message, innerError } };
  }
}

export function badRequest(message: string): GraphProblem {
  return new GraphProblem(400, 'Request_BadRequest', message);
}

/** In Graph's own words, which name the segment that was not found. */
export function notFound(id: string): GraphProblem {
  const message = `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`;
  return new GraphProblem(404, 'Request_ResourceNotFound', message);
}
