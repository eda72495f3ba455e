import { expect, test } from 'vitest'
import { EpochLog } from '#training/run/epoch-log.ts'

test('a line for each epoch; of one that an earlier attempt began, how many of its steps it is about', () => {
  const lines: string[] = []
  const log = new EpochLog({ stepsPerEpoch: 3, epochs: 4 }, (line) => lines.push(line))
  // An earlier attempt computed step 4.
  for (const [step, loss] of [
    [5, 2],
    [6, 1],
    [7, 1],
    [8, 2],
    [9, 6],
  ] as const)
    log.add(step, { loss, learningRate: 0.00123456 })
  expect(lines.map((line) => line.replace(/, \d+ ms\.$/, ', <time>.'))).toEqual([
    'Epoch 2 of 4: loss 1.5 over its last 2 steps, learning rate 0.00123, <time>.',
    'Epoch 3 of 4: loss 3, learning rate 0.00123, <time>.',
  ])
})
