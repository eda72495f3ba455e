/** Something that was done and can be undone. */
export interface UndoableAct {
  /** What was done, for messages: `Starred 3 runs`. */
  readonly title: string
  /** What it changed, such as `run a.distill tags`: an act is not undone before a later one that changed the same. */
  readonly touches: readonly string[]
  /** Undoes the act. Resolves with the act that this was: reverting that one does the first again. */
  readonly revert: () => Promise<UndoableAct>
}

export type UndoOutcome =
  | { readonly kind: 'reversed'; readonly act: UndoableAct }
  /** A later act changed the same and has to be undone first. */
  | { readonly kind: 'blocked'; readonly by: UndoableAct }
  /** There is nothing to undo, or the act has been undone. */
  | { readonly kind: 'nothing' }

const maxActs = 200

/** What was done, and what of it was undone. Reversals run one after the other. */
export class UndoStack {
  readonly #done: UndoableAct[] = []
  readonly #undone: UndoableAct[] = []
  readonly #isLost: (cause: unknown) => boolean
  #last: Promise<unknown> = Promise.resolve()

  /** @param isLost whether an act that failed to be undone with this error can never be undone */
  constructor(isLost: (cause: unknown) => boolean) {
    this.#isLost = isLost
  }

  /** Adds an act. What was undone before can no longer be done again. */
  push(act: UndoableAct): void {
    this.#done.push(act)
    if (this.#done.length > maxActs) this.#done.shift()
    this.#undone.length = 0
  }

  /**
   * Undoes an act; by default the newest.
   * @throws the error of `revert`. An act that can never be undone leaves the stack.
   */
  undo(act?: UndoableAct): Promise<UndoOutcome> {
    return this.#after(() => this.#move(act ?? this.#done.at(-1), this.#done, this.#undone))
  }

  /** Does the act again that was undone last. @throws as `undo` */
  redo(): Promise<UndoOutcome> {
    return this.#after(() => this.#move(this.#undone.at(-1), this.#undone, this.#done))
  }

  #after(step: () => Promise<UndoOutcome>): Promise<UndoOutcome> {
    const next = this.#last.then(step)
    // The error is the caller's.
    this.#last = next.catch(() => undefined)
    return next
  }

  async #move(act: UndoableAct | undefined, from: UndoableAct[], to: UndoableAct[]): Promise<UndoOutcome> {
    const index = act === undefined ? -1 : from.indexOf(act)
    if (act === undefined || index < 0) return { kind: 'nothing' }
    const touched = new Set(act.touches)
    const by = from.slice(index + 1).findLast(({ touches }) => touches.some((key) => touched.has(key)))
    if (by !== undefined) return { kind: 'blocked', by }
    try {
      const reversed = await act.revert()
      from.splice(from.indexOf(act), 1)
      to.push(reversed)
      return { kind: 'reversed', act }
    } catch (cause) {
      if (this.#isLost(cause)) from.splice(from.indexOf(act), 1)
      throw cause
    }
  }
}
