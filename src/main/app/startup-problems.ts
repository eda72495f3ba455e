import { isDiskFull, toStudioError } from '#contract/api/errors.ts'
import type { StudioDatabase } from '../database/open.ts'

export const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Prints a problem that belongs to no request on standard error. */
export function printProblem(error: unknown): void {
  process.stderr.write(`${sentenceOf(error)}\n`)
}

/**
 * Problems with the files of a workspace, found while it is opened. Each is reported once and not at every start: the database
 * keeps what was found the last time. Later problems are passed on.
 */
export class StartupProblems {
  readonly #database: StudioDatabase
  readonly #report: (error: unknown) => void
  readonly #reported: ReadonlySet<string>
  readonly #found = new Set<string>()
  #isOpening = true

  constructor(database: StudioDatabase, report: (error: unknown) => void) {
    this.#database = database
    this.#report = report
    const rows = database.prepare<[], { message: string }>('SELECT message FROM reported_problem').all()
    this.#reported = new Set(rows.map(({ message }) => message))
  }

  readonly report = (error: unknown): void => {
    const message = sentenceOf(error)
    if (this.#isOpening) {
      if (this.#found.has(message)) return
      this.#found.add(message)
      if (this.#reported.has(message)) return
    }
    this.#report(error)
  }

  /** Does a step of opening. A workspace on a full disk can be looked at: the next start writes what this one could not. */
  async attempt(step: () => void | Promise<void>): Promise<void> {
    try {
      await step()
    } catch (cause) {
      if (!isDiskFull(cause)) throw cause
      this.report(toStudioError(cause))
    }
  }

  /** The workspace is open: keeps what was found, and forgets what is mended. */
  async finish(): Promise<void> {
    this.#isOpening = false
    if (this.#found.size === this.#reported.size && [...this.#found].every((message) => this.#reported.has(message)))
      return
    await this.attempt(() => this.#keep())
  }

  #keep(): void {
    this.#database.transaction(() => {
      this.#database.prepare('DELETE FROM reported_problem').run()
      const add = this.#database.prepare<[string]>('INSERT INTO reported_problem (message) VALUES (?)')
      for (const message of this.#found) add.run(message)
    })()
  }
}
