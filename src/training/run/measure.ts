import { peakMemoryMib } from '../planning/peak.ts'
import type { MeasuringStage } from '../stages/stage.ts'
import type { Outcome } from './outcome.ts'
import type { Recorder } from './recorder.ts'
import { SpeedMeter } from './speed-meter.ts'
import type { StopSignal } from './stop-signal.ts'

/** Runs a stage that measures; stopped on request, it begins anew when resumed, as it keeps no state. */
export async function measure(stage: MeasuringStage, recorder: Recorder, stop: StopSignal): Promise<Outcome> {
  const meter = new SpeedMeter(stage.batchSize)
  let step = 0
  for (; step < stage.steps; step++) {
    if (stop.isRequested()) return { status: 'stopped', step }
    await stage.step(step)
    meter.add(0)
    recorder.metrics(step + 1, meter.take())
    recorder.progress(step + 1)
  }
  const { metrics, result } = stage.conclude()
  recorder.metrics(step, { ...metrics, 'system/peak-memory': peakMemoryMib() })
  recorder.write({ type: 'result', result })
  return { status: 'finished', step }
}
