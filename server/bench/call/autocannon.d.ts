/** The part of autocannon that benchmarks use; the package brings no types. */
declare module 'autocannon' {
  namespace autocannon {
    type Options = {
      url: string;
      headers?: Record<string, string>;
      connections?: number;
      duration?: number;
      overallRate?: number;
    };
    type Result = {
      requests: { total: number };
      latency: { p99: number };
      non2xx: number;
      errors: number;
    };
  }
  function autocannon(options: autocannon.Options): Promise<autocannon.Result>;
  export default autocannon;
}
