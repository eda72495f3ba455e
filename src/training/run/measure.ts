import { peakMemoryMib } from '../planning/peak.ts'
import type { MeasuringStage } from '../stages/stage.ts'
import type { Outcome, TrainingRun } from './loop.ts'
import { SpeedMeter } from './speed-meter.ts'
import { unlessStopped } from './waits.ts'

/** Runs a stage that evaluates a model. It saves no state, so a resumed run starts from the beginning. */
export async function measure(
  stage: MeasuringStage,
  { recorder, stop, waits }: Pick<TrainingRun, 'recorder' | 'stop' | 'waits'>,
): Promise<Outcome> {
  const meter = new SpeedMeter(stage.batchSize)
  let step = 0
  for (; step < stage.steps; step++) {
    if (stop.isRequested()) return { status: 'stopped', step }
    const at = step
    const done = await unlessStopped(async () => {
      await waits.during('batch', () => stage.step(at))
      return 'done'
    })
    if (done === undefined) return { status: 'stopped', step }
    meter.add(0)
    recorder.metrics(step + 1, meter.take())
    recorder.progress(step + 1)
  }
  const { metrics, result } = stage.conclude()
  recorder.metrics(step, { ...metrics, 'system/peak-memory': peakMemoryMib() })
  recorder.write({ type: 'result', result })
  return { status: 'finished', step }
}
