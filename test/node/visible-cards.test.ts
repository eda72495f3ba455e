import { expect, test } from 'vitest'
import { visibleCards } from '#node/visible-cards.ts'
import { cardOf } from '../support/nvidia-smi.ts'

const cards = [0, 1, 2].map((index) => cardOf(index))

test.each<[string | undefined, number[]]>([
  [undefined, [0, 1, 2]],
  ['2,0', [2, 0]],
  [' 1 , 2 ', [1, 2]],
  ['', []],
  ['-1', []],
  ['NoDevFiles', []],
  ['1,-1,0', [1]],
  ['GPU-2', [2]],
  [`${cardOf(1).uuid},0`, [1, 0]],
])('CUDA_VISIBLE_DEVICES %j shows the cards %j', (variable, expected) => {
  const { cards: visible, problem } = visibleCards(cards, variable)
  expect(visible.map(({ index }) => index)).toEqual(expected)
  expect(problem).toBeNull()
})

test.each<[string, number[], string]>([
  ['0,7,1', [0], '"7" names no card'],
  ['GPU-', [], '"GPU-" names no card'],
  ['gpu-1', [], '"gpu-1" names no card'],
  ['0,1,0', [], 'names the card 0 twice'],
])('CUDA_VISIBLE_DEVICES %j shows %j and says why', (variable, expected, sentence) => {
  const { cards: visible, problem } = visibleCards(cards, variable)
  expect(visible.map(({ index }) => index)).toEqual(expected)
  expect(problem).toContain(sentence)
})

test('parts of cards are not assigned', () => {
  expect(visibleCards(cards, 'MIG-1234')).toMatchObject({ cards: [], areParts: true })
  expect(visibleCards(cards, 'MIG-1234').problem).toContain('assigns whole cards only')
})

test('on a machine without cards, the variable is no problem', () => {
  expect(visibleCards([], '0')).toEqual({ cards: [], problem: null, areParts: false })
})
