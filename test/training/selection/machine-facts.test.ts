import { expect, onTestFinished, test, vi } from 'vitest'
import { visibleBefore } from '#node/visible-cards.ts'
import { machineFacts } from '#training/selection/machine-facts.ts'

test.each([undefined, '0,1'])(
  'a run that is bound to a card has the facts of its machine, where CUDA shows %s',
  (before) => {
    onTestFinished(() => void vi.unstubAllEnvs())
    vi.stubEnv('CUDA_VISIBLE_DEVICES', before)
    const facts = machineFacts(2)
    vi.stubEnv('CUDA_VISIBLE_DEVICES', 'GPU-1')
    expect(machineFacts(2)).not.toEqual(facts)
    vi.stubEnv(visibleBefore, before ?? '')
    expect(machineFacts(2)).toEqual(facts)
  },
)
