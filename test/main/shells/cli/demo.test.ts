import { expect, test } from 'vitest'
import { pairedShares } from '#contract/statistics.ts'
import { conclusionOf } from '#main/shells/cli/demo.ts'

test.each([
  [
    'a clear gain',
    pairedShares(100, 400, 1280),
    'Pre-training gained 23.4 points on the same 1280 videos (95 % interval 20.2 to 26.6 of student − scratch): more than the choice of videos explains. Other seeds give other figures.',
  ],
  [
    'a clear loss',
    pairedShares(400, 100, 1280),
    'Pre-training lost 23.4 points on the same 1280 videos (95 % interval -26.6 to -20.2 of student − scratch): more than the choice of videos explains. Other seeds give other figures.',
  ],
  [
    'too little',
    pairedShares(140, 150, 1280),
    'The student differs from scratch by 0.8 points on the same 1280 videos (95 % interval -1.8 to 3.4): too little to say which is better.',
  ],
  ['nothing', undefined, 'The two tests cannot be compared video by video, so the difference has no interval.'],
])('the demo says what its table allows: %s', (_, gain, sentence) => {
  expect(conclusionOf(gain, 1280)).toBe(sentence)
})
