import { can, stateOf } from '#contract/domain/run-state.ts'
import type { Run } from '#contract/domain/run.ts'
import { stages } from '#contract/stages/index.ts'
import { formatDuration, formatStep } from '../format.ts'
import { t } from '../language.ts'

/** What a person can ask of a run. `stop` saves first, `end` does not; `remove` takes it out of the queue. */
export const runControls = ['resume', 'release', 'pause', 'save', 'stop', 'end', 'hold', 'remove'] as const
export type RunControl = (typeof runControls)[number]

/** The controls of a run, the most usual first. */
export function controlsOf(run: Run): RunControl[] {
  const state = stateOf(run)
  return runControls.filter((control) => {
    switch (control) {
      case 'save':
        return can(run, 'checkpoint') && stages[run.stage].trains
      case 'pause':
        return state !== 'pausing' && can(run, 'pause')
      case 'stop':
        return run.status === 'running' && !run.isStopping && can(run, 'stop')
      case 'remove':
        return run.status === 'queued' && can(run, 'stop')
      case 'resume':
        // A held run is released, and one that will be queued again needs no resume.
        return state !== 'held' && run.asked !== 'requeue' && can(run, 'resume')
      default:
        return can(run, control)
    }
  })
}

export const controlIcons: Readonly<Record<RunControl, string>> = {
  resume: 'i-lucide-play',
  release: 'i-lucide-play',
  pause: 'i-lucide-pause',
  save: 'i-lucide-save',
  stop: 'i-lucide-circle-stop',
  end: 'i-lucide-power',
  hold: 'i-lucide-hand',
  remove: 'i-lucide-list-x',
}

/** What a person must know before a control is used, as a question with its consequence; undefined if nothing is lost. */
export function consequenceOf(control: RunControl, run: Run): string | undefined {
  const { trains } = stages[run.stage]
  if (control === 'end') return lossOf(run)
  if (control === 'stop') return trains ? t('run.control.keeps') : t('run.control.testBeginsAgain')
  return control === 'pause' && !trains ? t('run.control.testBeginsAgain') : undefined
}

/** What ending the process of a run now would lose. */
function lossOf({ unsaved, step, stage }: Run): string {
  if (!stages[stage].trains) return t('run.control.testBeginsAgain')
  const lost = unsaved === undefined ? 0 : step - unsaved.fromStep
  if (unsaved === undefined || lost <= 0) return t('run.control.losesNothing')
  const values = { count: lost, time: formatDuration(unsaved.ms) }
  return unsaved.fromStep === 0
    ? t('run.control.losesAll', values)
    : t('run.control.loses', { ...values, step: formatStep(unsaved.fromStep) })
}

/** What was done, for a message. */
export function doneOf(control: RunControl, run: Run): { title: string; description?: string } {
  const title = t(`run.control.done.${control}`)
  if (control === 'resume')
    return {
      title,
      description: t(run.checkpointCount === 0 ? 'run.control.beginsAgain' : 'run.control.continues'),
    }
  return (control === 'stop' || control === 'pause') && stages[run.stage].trains
    ? { title, description: t('run.control.keeps') }
    : { title }
}
