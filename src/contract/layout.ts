/**
 * Every folder and file of a workspace. A path in a stored file is relative to the workspace and uses `/`.
 *
 * ```
 * settings.json                      settings of the workspace
 * studio.sqlite                      index; rebuilt from the folders by `reindex`
 * studio.lock                        held by the studio that has the workspace open
 * studio.reserve                     space that is given up when the disk is full
 * access/                            browsers that may open the studio: see `accessFiles`; for the owner only
 * alerts/                            rules of alerts, and what was delivered; for the owner only
 * datasets/<name>/manifest.json      header of a dataset; the folder also has its previews
 * datasets/<name>/samples.jsonl      its samples and the files that are not used, one on a line
 * datasets/<name>/split-sets/<set>.json  a split that was drawn again; written once
 * datasets/<name>/exclusions/<n>.json  samples that new runs leave out; written once
 * datasets/<name>/exclusions/current.json  which of these sets new runs use
 * datasets/<name>/integrity.jsonl    what is known of each of its files; appended to while they are verified
 * datasets/<name>/verifying.json     is there while a verification is under way
 * datasets/<name>/verified.json      files that were compared with it after the import
 * datasets/<name>/versions/<n>/      an earlier version: its files as they were, and `replaced.json`
 * pipelines/<id>.json                a launched pipeline
 * pipelines/<id>.organization.json   its name, tags, note, colour, star and archive mark
 * runs/<id>/                         files of a run: see `runFiles`
 * imports/<name>/                    an imported model: see `importedModelFiles`
 * experiments/<id>.json              a launched experiment, whose pipelines have its id as their group
 * probes/<model>.<n>.json            one linear probe or k-NN
 * exports/<checkpoint>/<time>.json   one export
 * trash/<entry>/                     runs and pipelines that can be restored; `entry.json` says which
 * views.json                         saved views
 * frames/                            decoded frames; may be deleted at any time
 * targets/                           teacher features of distillation; may be deleted at any time
 * built-in/<name>/                   videos that the studio generated
 * ```
 */
export const workspaceFiles = {
  settings: 'settings.json',
  database: 'studio.sqlite',
  lock: 'studio.lock',
  reserve: 'studio.reserve',
  access: 'access',
  alerts: 'alerts',
  datasets: 'datasets',
  pipelines: 'pipelines',
  runs: 'runs',
  models: 'imports',
  experiments: 'experiments',
  probes: 'probes',
  exports: 'exports',
  trash: 'trash',
  views: 'views.json',
  frames: 'frames',
  targets: 'targets',
  builtIn: 'built-in',
} as const

/** Files in `access/`. */
export const accessFiles = {
  keys: 'keys',
  links: 'links',
  server: 'server.json',
  /** Which process has the workspace open, and its local socket. */
  studio: 'studio.json',
  socket: 'studio.sock',
} as const

/** Files in `alerts/`. */
export const alertFiles = { rules: 'rules.json', state: 'state.json' } as const

/**
 * Files in `datasets/<name>`: the header, its samples, which files were compared with them after the import, the folder of the splits
 * that were drawn again, that of the earlier versions, which have the same files and one about their replacement, what is known of the
 * files, whether a verification is under way, and the folder of excluded samples.
 */
export const datasetFiles = {
  manifest: 'manifest.json',
  samples: 'samples.jsonl',
  verified: 'verified.json',
  splitSets: 'split-sets',
  versions: 'versions',
  replaced: 'replaced.json',
  integrity: 'integrity.jsonl',
  verifying: 'verifying.json',
  exclusions: 'exclusions',
} as const

/** In `datasets/<name>/exclusions`: which set new runs use. */
export const currentExclusionsFile = 'current.json'

/** Between the id and the number of an entry in `trash/`. */
export const trashSeparator = '~'

/** Files in `runs/<id>`. */
export const runFiles = {
  /** What the run computes; written once, at launch. */
  run: 'run.json',
  /** Instead of `run.json` in a run that was imported: where its points come from. */
  imported: 'imported.json',
  /** Decisions of the studio about the run's process. */
  process: 'process.json',
  /** Appended to by the process of the run only. */
  events: 'events.jsonl',
  heartbeat: 'heartbeat.json',
  /** A file per attempt, created by its process: the one with the highest number may write into the folder. */
  attempts: 'attempts',
  /** Written by the studio to request that the process saves and ends; the process removes it. */
  stop: 'stop',
  /** Written by the studio to request a checkpoint after the next step; the process removes it. */
  save: 'save',
  /** Space that the process gives up when the disk is full. */
  reserve: 'reserve',
  /** Standard output and error of the process. */
  output: 'process.log',
  checkpoints: 'checkpoints',
  media: 'media',
  /** What is known of the step at which the run diverged; written by its process. */
  divergence: 'divergence.json',
  /** Name, tags, note, colour, star and archive mark; written by the studio. */
  organization: 'organization.json',
} as const

/** Ending of the file in `pipelines/` with a pipeline's name, tags, note, colour, star and archive mark. */
export const pipelineOrganizationEnding = '.organization.json'

/** Files in `runs/<id>/checkpoints/<step>`. */
export const checkpointFiles = {
  card: 'checkpoint.json',
  model: 'model.safetensors',
  optimizer: 'optimizer.safetensors',
} as const

/** Name of the file of an attempt in `attempts/`. */
export const attemptFileName = (attempt: number): string => `${String(attempt).padStart(4, '0')}.json`

/** Files in `imports/<name>`. */
export const importedModelFiles = { card: 'import.json', model: 'model.safetensors' } as const

/** Folder name of the checkpoint at `step`: zero-padded, so that names sort by step. */
export const checkpointFolder = (step: number): string => `step-${String(step).padStart(8, '0')}`

/**
 * Newest version of each format; schemas and writers take it from here. Older documents are upgraded when they are read.
 * Pipelines have no version field: the schema itself reads older ones.
 */
export const formatVersions = {
  settings: 1,
  manifest: 3,
  verified: 1,
  run: 2,
  process: 2,
  importedRun: 1,
  checkpointCard: 1,
  importCard: 1,
  probe: 1,
  export: 1,
  trash: 1,
  views: 1,
  experiment: 1,
  access: 1,
  divergence: 1,
  alerts: 1,
} as const
