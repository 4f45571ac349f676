/** The command was not typed as it must be. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}
