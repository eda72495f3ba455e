import type { CardReport } from '#contract/domain/card.ts'
import { readCudaInstallation } from '#node/onnx-cuda.ts'
import { queryVisibleCards, type VisibleCards } from '#node/visible-cards.ts'

/** What is known of the cards of this machine. */
export interface KnownCards {
  readonly all: CardReport
  /** What `CUDA_VISIBLE_DEVICES` leaves, in its order, and all problems. */
  readonly visible: VisibleCards
  /** Whether runs can compute on them: the libraries of CUDA are installed. */
  readonly areUsable: boolean
}

/** The NVIDIA cards of this machine. Asking for them takes time, so the last answer is kept. */
export class CardWatch {
  #known: KnownCards | undefined
  #asking: Promise<KnownCards> | undefined

  /** The last answer; undefined before the first one. */
  get known(): KnownCards | undefined {
    return this.#known
  }

  /** Whether the machine has neither a card nor a problem with one. */
  get areNone(): boolean {
    return this.#known?.all.cards.length === 0 && this.#known.all.problem === null
  }

  /** Asks now. Calls during a question share its answer. */
  refresh(): Promise<KnownCards> {
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined))
    return this.#asking
  }

  async #ask(): Promise<KnownCards> {
    const { all, visible } = await queryVisibleCards()
    this.#known = { all, visible: { ...visible, problem: all.problem ?? visible.problem }, areUsable: areInstalled() }
    return this.#known
  }
}

/** A damaged installation is reported by the run that needs it. */
function areInstalled(): boolean {
  try {
    return readCudaInstallation() !== undefined
  } catch {
    return true
  }
}
