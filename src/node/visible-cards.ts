import type { Card, CardReport } from '#contract/domain/card.ts'
import { queryCards } from './nvidia-smi.ts'

/** Makes CUDA count cards as `nvidia-smi` does. By default it counts the fastest first. */
export const cardOrder = { CUDA_DEVICE_ORDER: 'PCI_BUS_ID' } as const

/** Variable with the numbers of the visible cards that a run computes on, where `CUDA_VISIBLE_DEVICES` must stay as it is. */
export const cardNumbers = 'MVD_STUDIO_CARDS'

/** Variable with the value that `CUDA_VISIBLE_DEVICES` had before a run was bound to its cards; empty if it had none. */
export const visibleBefore = 'MVD_STUDIO_VISIBLE_BEFORE'

export interface VisibleCards extends CardReport {
  /** Whether the variable names parts of cards, which `nvidia-smi` does not list. Cards cannot be assigned then. */
  readonly areParts: boolean
}

/**
 * The cards that a process sees, in its order, if `CUDA_VISIBLE_DEVICES` has the value `variable`. As in CUDA, entries are indices or
 * beginnings of UUIDs, an entry that names no card hides those behind it, and an empty value or `-1` hides all.
 */
export function visibleCards(cards: readonly Card[], variable: string | undefined): VisibleCards {
  if (variable === undefined) return { cards: [...cards], problem: null, areParts: false }
  const entries = variable.split(',').map((entry) => entry.trim())
  const value = `CUDA_VISIBLE_DEVICES="${variable}"`
  const part = entries.find((entry) => entry.startsWith('MIG-'))
  if (part !== undefined) {
    const problem = `${value} names a part of a card (${part}). Runs compute on it, but the studio assigns whole cards only, so it neither counts it nor shows its memory.`
    return { cards: [], problem, areParts: true }
  }
  const visible: Card[] = []
  const report = (problem: string | null): VisibleCards => ({ cards: visible, problem, areParts: false })
  for (const entry of entries) {
    if (isNone(entry)) return report(null)
    const card = cardNamed(cards, entry)
    if (card === undefined)
      return report(
        cards.length === 0 ? null : `${value}: "${entry}" names no card, so CUDA ignores it and what follows it.`,
      )
    if (visible.includes(card)) {
      // CUDA then shows no card at all.
      visible.length = 0
      return report(`${value} names the card ${card.index} twice, so CUDA shows no card. Name each card once.`)
    }
    visible.push(card)
  }
  return report(null)
}

/** The NVIDIA cards of this machine, and those of them that this process sees. Never rejects; see `queryCards`. */
export async function queryVisibleCards(): Promise<{ readonly all: CardReport; readonly visible: VisibleCards }> {
  const all = await queryCards()
  return { all, visible: visibleCards(all.cards, process.env['CUDA_VISIBLE_DEVICES']) }
}

const isNone = (entry: string): boolean => entry === '' || entry === '-1' || /^no(ne|dev)/i.test(entry)

/** The card with an index, or the only one whose UUID starts so. */
function cardNamed(cards: readonly Card[], entry: string): Card | undefined {
  if (/^\d+$/.test(entry)) return cards.find(({ index }) => index === Number(entry))
  if (!entry.startsWith('GPU-')) return undefined
  const named = cards.filter(({ uuid }) => uuid.startsWith(entry))
  return named.length === 1 ? named[0] : undefined
}
