/** Where clients connect. */
export interface Place {
  host: string;
  port: number;
}
