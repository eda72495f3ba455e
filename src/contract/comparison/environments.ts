import type { AttemptEnvironment, RunEnvironment } from '../domain/environment.ts'
import type { Run } from '../domain/run.ts'
import { describeDrawing, type SplitDrawing } from '../domain/split-drawing.ts'
import { formatBytes, formatList, formatQuantity, formatStep } from '../format.ts'

/** A fact of some runs; null where it is not recorded. */
export interface EnvironmentRow {
  readonly label: string
  readonly values: readonly (string | null)[]
  /** Whether two runs are known to differ. */
  readonly differs: boolean
}
export interface EnvironmentSection {
  readonly title: string
  readonly rows: readonly EnvironmentRow[]
}

/** A run with what is recorded of its environment; undefined while that is unknown. */
export interface PlacedRun {
  readonly run: Pick<Run, 'dataset' | 'labels' | 'engine'>
  readonly environment: RunEnvironment | undefined
}

const shortDigest = 12
const shortCommit = 10

/** Dataset version, code and machine of some runs. The first run is the baseline that others are described against. */
export function compareEnvironments(runs: readonly PlacedRun[]): EnvironmentSection[] {
  const row = (label: string, read: (run: PlacedRun) => string | null | undefined): EnvironmentRow => {
    const values = runs.map((run) => read(run) ?? null)
    return { label, values, differs: new Set(values.filter((value) => value !== null)).size > 1 }
  }
  const contents = ({ environment }: PlacedRun) => environment?.dataset?.contents
  const ofAttempts = (label: string, read: (environment: AttemptEnvironment) => string | null) =>
    row(label, ({ environment }) => inOrder(environment, (attempt) => attempt.environment && read(attempt.environment)))
  const baseline = runs[0]
  const classes = baseline === undefined ? undefined : contents(baseline)?.classes
  return [
    {
      title: 'Dataset',
      rows: [
        row('Dataset', ({ run }) => run.dataset),
        row('Version', ({ environment }) => environment?.dataset?.digest.slice(0, shortDigest)),
        row('Videos', (run) => text(contents(run)?.videos)),
        row('Training samples', (run) => text(contents(run)?.train)),
        row('Validation samples', (run) => text(contents(run)?.validation)),
        row('Test samples', (run) => text(contents(run)?.test)),
        row('Samples without a split', (run) => text(contents(run)?.unassigned)),
        row('Drawn splits', (run) => describedDrawing(contents(run)?.drawing)),
        row('Label set', ({ run }) => run.labels ?? 'none'),
        row('Classes', (run) => describeClasses(contents(run)?.classes, classes)),
      ],
    },
    {
      title: 'Code at launch',
      rows: [
        row('Studio', ({ environment }) => environment?.code?.studioVersion),
        row('Commit', ({ environment }) => {
          const code = environment?.code
          if (code === null || code === undefined) return null
          return code.commit === null
            ? (code.problem ?? 'not a repository')
            : `${code.commit.slice(0, shortCommit)}${code.isModified === true ? ' with changes' : ''}`
        }),
      ],
    },
    {
      title: 'Computed with',
      rows: [
        row('Engine', ({ run, environment }) => inOrder(environment, ({ engine }) => engine) ?? run.engine),
        ofAttempts('Studio', ({ studioVersion }) => studioVersion),
        ofAttempts('Node.js', ({ node }) => node),
        ofAttempts('System', ({ platform }) => platform),
        ofAttempts('Machine', ({ machine }) => machine),
        ofAttempts('Processor', ({ processor }) => processor),
        ofAttempts('Threads', ({ threads }) => String(threads)),
        ofAttempts('Memory', ({ memoryBytes }) => formatBytes(memoryBytes)),
        ofAttempts('Graphics cards', ({ cards, cardsProblem }) =>
          cards.length > 0 ? cards.join('; ') : (cardsProblem ?? 'none'),
        ),
      ],
    },
  ]
}

/** Only rows in which runs are known to differ. */
export const onlyDifferentEnvironments = (sections: readonly EnvironmentSection[]): EnvironmentSection[] =>
  sections
    .map(({ title, rows }) => ({ title, rows: rows.filter(({ differs }) => differs) }))
    .filter(({ rows }) => rows.length > 0)

const describedDrawing = (drawing: SplitDrawing | undefined): string | null =>
  drawing === undefined ? null : describeDrawing(drawing)

const text = (value: number | null | undefined): string | null =>
  value === null || value === undefined ? null : String(value)

/** The value of the attempts; if it changed, each with the step from which it holds: `a, b from step 300`. */
function inOrder(
  environment: RunEnvironment | undefined,
  read: (attempt: RunEnvironment['attempts'][number]) => string | null,
): string | null {
  const attempts = environment?.attempts ?? []
  const values = attempts.map((attempt) => ({ value: read(attempt), fromStep: attempt.fromStep }))
  if (values.every(({ value }) => value === null)) return null
  const changes = values.filter(({ value }, index) => index === 0 || value !== values[index - 1]?.value)
  return changes
    .map(({ value, fromStep }, index) => {
      const name = value ?? 'not recorded'
      return index === 0 ? name : `${name} from step ${formatStep(fromStep)}`
    })
    .join(', ')
}

/** Number of classes; if they are not those of the baseline, also which are added and which are left out. */
function describeClasses(
  classes: readonly string[] | null | undefined,
  baseline: readonly string[] | null | undefined,
): string | null {
  if (classes === null || classes === undefined) return null
  const count = formatQuantity(classes.length, 'class', 'classes')
  if (baseline === null || baseline === undefined) return count
  const added = classes.filter((name) => !baseline.includes(name))
  const gone = baseline.filter((name) => !classes.includes(name))
  const isReordered = added.length + gone.length === 0 && classes.some((name, index) => name !== baseline[index])
  return [
    count,
    ...(added.length === 0 ? [] : [`with ${shortList(added)}`]),
    ...(gone.length === 0 ? [] : [`without ${shortList(gone)}`]),
    ...(isReordered ? ['in another order'] : []),
  ].join(', ')
}

const listed = 5
const shortList = (names: readonly string[]): string =>
  names.length <= listed
    ? formatList(names)
    : `${names.slice(0, listed).join(', ')} and ${names.length - listed} others`
