import { StudioError } from '#contract/api/errors.ts'
import type { CardReport } from '#contract/domain/card.ts'
import { formatQuantity } from '#contract/format.ts'

/** @throws StudioError `configuration-invalid` if a pipeline needs more cards than runs see */
export async function requireCards(wanted: number, ask: () => Promise<CardReport>): Promise<void> {
  if (wanted === 1) return
  const { cards, problem } = await ask()
  if (wanted <= cards.length) return
  const found = cards.length === 0 ? 'runs see no NVIDIA card' : `runs see only ${formatQuantity(cards.length, 'card')}`
  throw new StudioError(
    'configuration-invalid',
    `general.cards: ${wanted} graphics cards are requested, and on this machine ${found}.`,
    `${problem === null ? '' : `${problem} `}Set general.cards to ${Math.max(1, cards.length)}, or check the cards with nvidia-smi and the variable CUDA_VISIBLE_DEVICES.`,
  )
}
