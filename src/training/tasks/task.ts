import type { TaskInput, TaskName, TaskProgress, TaskResult } from '#contract/api/tasks.ts'

/** A short job of the training child: one function per file, named as in `#contract/tasks.ts`. */
export type Task<N extends TaskName> = (
  input: TaskInput<N>,
  report: (progress: TaskProgress<N>) => void,
  signal: AbortSignal,
) => Promise<TaskResult<N>>
