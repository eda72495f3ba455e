import app from './app.ts'
import charts from './charts.ts'
import checkpoints from './checkpoints.ts'
import compare from './compare.ts'
import datasets from './datasets.ts'
import errors from './errors.ts'
import experiments from './experiments.ts'
import imports from './imports.ts'
import integrity from './integrity.ts'
import models from './models.ts'
import overview from './overview.ts'
import pipelines from './pipelines.ts'
import probes from './probes.ts'
import query from './query.ts'
import queue from './queue.ts'
import run from './run.ts'
import runs from './runs.ts'
import settings from './settings.ts'
import trash from './trash.ts'
import ui from './ui.ts'

/** The English catalogue, one file per room. Its keys and placeholders are the types of all others. */
export const english = {
  app,
  charts,
  checkpoints,
  compare,
  datasets,
  errors,
  experiments,
  imports,
  integrity,
  models,
  overview,
  pipelines,
  probes,
  query,
  queue,
  run,
  runs,
  settings,
  trash,
  ui,
} as const
