import { dirname, join, resolve } from 'node:path'
import { workspaceFiles } from '#contract/layout.ts'

/** Absolute paths of a workspace's folders and files; `contract/layout.ts` says what each holds. */
export type WorkspacePaths = { readonly [Name in 'root' | keyof typeof workspaceFiles]: string }

export function workspacePaths(folder: string): WorkspacePaths {
  const root = resolve(folder)
  const path = (name: keyof typeof workspaceFiles) => join(root, workspaceFiles[name])
  return {
    root,
    settings: path('settings'),
    database: path('database'),
    lock: path('lock'),
    reserve: path('reserve'),
    access: path('access'),
    alerts: path('alerts'),
    datasets: path('datasets'),
    pipelines: path('pipelines'),
    runs: path('runs'),
    models: path('models'),
    experiments: path('experiments'),
    probes: path('probes'),
    exports: path('exports'),
    trash: path('trash'),
    views: path('views'),
    frames: path('frames'),
    targets: path('targets'),
    builtIn: path('builtIn'),
  }
}

/** The workspace that holds the folder of a run. */
export const workspaceOfRun = (runFolder: string): string => dirname(dirname(resolve(runFolder)))
