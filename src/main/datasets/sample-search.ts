import { StudioError } from '#contract/api/errors.ts'
import {
  type DatasetDetail,
  type Histogram,
  type HistogramRequest,
  maxBins,
  type SamplePage,
  type SampleRequest,
} from '#contract/domain/dataset-detail.ts'
import type { LabelSet } from '#contract/domain/dataset.ts'
import { type ClipFact, clipKeys, type ClipKeys } from '#contract/query/clip-search.ts'
import { parseQuery } from '#contract/query/parse.ts'
import { compileToSql } from '#contract/query/sql.ts'
import { unknownKey } from '#contract/query/unknown-key.ts'
import type { StudioDatabase } from '../database/open.ts'
import { addQueryFunctions, quoted } from '../database/query-functions.ts'
import { Recent } from './recent.ts'
import { indexIn, sampleColumns, sampleOfRow, type SampleRow, sampleTables } from './rows.ts'

/** Results of filters that are kept, so that scrolling does not search again. */
const keptResults = 8

type Conditions = Omit<SampleRequest, 'name' | 'offset' | 'limit'>

/** Positions of the samples that match, in the order of the page. */
interface Found {
  readonly positions: Uint32Array
  readonly problems: string[]
}

const labelsOfBoxes = "json_each(sample.boxes) AS box, json_each(box.value, '$.labels') AS label"

const columns: Readonly<Record<ClipFact, string>> = {
  path: 'video.path',
  split: 'sample.split',
  frames: 'sample.frame_count',
  duration: 'video.duration_ms / 1000.0',
  fps: 'video.frames_per_second',
  width: 'video.width',
  height: 'video.height',
  codec: 'video.codec',
  size: 'video.size_bytes',
  excluded: `EXISTS (SELECT 1 FROM dataset_index
    JOIN integrity ON integrity.dataset = dataset_index.name
    JOIN excluded_sample ON excluded_sample.integrity = integrity.key
    WHERE dataset_index.key = sample.dataset AND excluded_sample.sample = sample.id)`,
  boxes: 'coalesce(json_array_length(sample.boxes), 0)',
  boxClass: `(SELECT json_group_array(DISTINCT label.value) FROM ${labelsOfBoxes})`,
}

/** Finds the samples of datasets, in SQL, and reads them in pages. */
export class SampleSearch {
  readonly #database: StudioDatabase
  readonly #range
  readonly #chosen
  /** By dataset and conditions. */
  readonly #results = new Recent<Found>(keptResults)
  readonly #bringUpToDate

  /** @param bringUpToDate is called before a search: brings the excluded samples of a dataset in the tables up to date */
  constructor(database: StudioDatabase, bringUpToDate: (dataset: string) => void) {
    this.#database = database
    this.#bringUpToDate = bringUpToDate
    addQueryFunctions(database)
    this.#range = database.prepare<[number, number, number], SampleRow>(
      `SELECT ${sampleColumns} FROM ${sampleTables}
        WHERE sample.dataset = ? AND sample.position >= ? ORDER BY sample.position LIMIT ?`,
    )
    this.#chosen = database.prepare<[number, string], SampleRow>(
      `SELECT ${sampleColumns} FROM ${sampleTables}
        WHERE sample.dataset = ? AND sample.position IN (SELECT value FROM json_each(?))`,
    )
  }

  /**
   * @param key of the dataset in the tables
   * @throws StudioError `bad-request` for an unknown label set, or a key to sort by that does not exist
   */
  page(key: number, detail: DatasetDetail, request: SampleRequest): SamplePage {
    const { name: _name, offset, limit, ...conditions } = request
    if (selectsAll(conditions)) {
      shownLabelSet(detail, conditions.labelSet)
      const samples = this.#range.all(key, offset, limit).map(sampleOfRow)
      return { total: detail.sampleCount, samples, problems: [] }
    }
    const { positions, problems } = this.#results.get(JSON.stringify([key, conditions]), () =>
      this.#search(key, detail, conditions),
    )
    const wanted = Array.from(positions.subarray(offset, offset + limit))
    const rows = new Map(this.#chosen.all(key, JSON.stringify(wanted)).map((row) => [row.position, row]))
    const samples = wanted.flatMap((position) => {
      const row = rows.get(position)
      return row === undefined ? [] : [sampleOfRow(row)]
    })
    return { total: positions.length, samples, problems }
  }

  /** Forgets what was found in a dataset that changed. */
  forget(): void {
    this.#results.clear()
  }

  /**
   * @param key of the dataset in the tables
   * @throws StudioError `bad-request` for an unknown label set
   */
  histogram(key: number, detail: DatasetDetail, { fact, ...conditions }: HistogramRequest): Histogram {
    const { where, parameters } = this.#conditionOf(detail, conditions)
    const from = `FROM ${sampleTables} WHERE sample.dataset = ? AND ${where}`
    const column = columns[fact]
    const rows = <Row>(sql: string) =>
      this.#database
        .prepare<(string | number)[], Row>(sql)
        .raw()
        .all(key, ...parameters)
    const values = rows<[number, number]>(
      `SELECT ${column}, count(*) ${from} GROUP BY 1 ORDER BY 1 LIMIT ${maxBins + 1}`,
    )
    if (values.length <= maxBins) return { bins: values.map(([value, count]) => ({ from: value, to: value, count })) }
    const [min = 0, max = 0] = rows<[number, number]>(`SELECT min(${column}), max(${column}) ${from}`)[0] ?? []
    // Edges that can be read and written in a filter.
    const scale = fact === 'duration' || fact === 'fps' ? 100 : 1
    const edge = (bin: number) => {
      const rounded = bin === 0 ? Math.floor : bin === maxBins ? Math.ceil : Math.round
      return rounded((min + ((max - min) * bin) / maxBins) * scale) / scale
    }
    const inner = Array.from({ length: maxBins - 1 }, (_, bin) => edge(bin + 1))
    const counts = new Map(
      rows<[number, number]>(
        `SELECT CASE ${inner.map((end, bin) => `WHEN ${column} < ${end} THEN ${bin}`).join(' ')} ELSE ${maxBins - 1} END, count(*) ${from} GROUP BY 1`,
      ),
    )
    return {
      bins: Array.from({ length: maxBins }, (_, bin) => ({
        from: edge(bin),
        to: edge(bin + 1),
        count: counts.get(bin) ?? 0,
      })),
    }
  }

  #conditionOf(detail: DatasetDetail, conditions: Omit<Conditions, 'sort'>) {
    this.#bringUpToDate(detail.name)
    return conditionOf(detail, conditions)
  }

  #search(key: number, detail: DatasetDetail, { sort, ...conditions }: Conditions): Found {
    const { where, parameters, problems, known } = this.#conditionOf(detail, conditions)
    const positions = this.#database
      .prepare<(string | number)[], number>(
        `SELECT sample.position FROM ${sampleTables} WHERE sample.dataset = ? AND ${where}
          ORDER BY ${sort === undefined ? '' : `${orderOf(sort, known)}, `}sample.position`,
      )
      .pluck()
      .all(key, ...parameters)
    return { positions: Uint32Array.from(positions), problems }
  }
}

/** Whether all samples match, in the order of the dataset. A label set alone only says of which classes a condition would be. */
const selectsAll = ({ filter = '', label, split, sort }: Conditions): boolean =>
  filter === '' && label === undefined && split === undefined && sort === undefined

/** The label set with a name, the first one by default. @throws StudioError `bad-request` if the dataset has none with that name */
function shownLabelSet({ name, labelSets }: DatasetDetail, labelSet: string | undefined): LabelSet | undefined {
  const shown = labelSet === undefined ? labelSets[0] : labelSets.find((set) => set.name === labelSet)
  if (labelSet !== undefined && shown === undefined)
    throw new StudioError(
      'bad-request',
      `labelSet: the dataset ${name} has no label set called ${labelSet}.`,
      labelSets.length === 0 ? 'It has no classes.' : `Choose one of ${labelSets.map((set) => set.name).join(', ')}.`,
    )
  return shown
}

/** A condition for WHERE over `sampleTables`, with its parameters in order. */
function conditionOf(detail: DatasetDetail, { filter = '', labelSet, label, split }: Omit<Conditions, 'sort'>) {
  const { labelSets, videos, boxClasses } = detail
  const shown = shownLabelSet(detail, labelSet)
  const known = clipKeys({ codecs: videos.codecs, labelSets, shown, boxClasses })
  const { query, problems } = parseQuery(filter, known.keys)
  const compiled = compileToSql(query, known.keys, {
    sqlOf: (of) => columnOf(of, known),
    isList: (of) => of === 'boxClass',
    text: [
      columns.path,
      `coalesce(${columns.split}, '')`,
      ...labelSets.map((set) => `coalesce(${classIn(set.name)}, '')`),
      ...(boxClasses === undefined ? [] : [textOfBoxes]),
    ].join(" || ' ' || "),
  })
  const where = [compiled.sql]
  const parameters = [...compiled.parameters]
  if (split !== undefined) {
    where.push('sample.split = ?')
    parameters.push(split)
  }
  if (label !== undefined) {
    const index = shown === undefined ? 'NULL' : indexIn(shown.name)
    where.push(label === 'none' ? `${index} IS NULL` : `${index} = ?`)
    if (label !== 'none') parameters.push(label)
  }
  return { where: where.join(' AND '), parameters, problems: [...problems], known }
}

function orderOf({ key, isDescending }: { key: string; isDescending: boolean }, known: ClipKeys): string {
  if (known.sourceOf(key) === undefined)
    throw new StudioError('bad-request', `sort: ${unknownKey(key, known.keys)}`, 'Sort by another key.')
  return `${columnOf(key, known)} ${isDescending ? 'DESC' : 'ASC'} NULLS LAST`
}

function columnOf(key: string, { sourceOf }: ClipKeys): string {
  const source = sourceOf(key)
  if (source === undefined) return 'NULL'
  return source.kind === 'fact' ? columns[source.fact] : classIn(source.labelSet)
}

/** Classes of the boxes of a sample, for a word without a key. */
const textOfBoxes = `coalesce((SELECT group_concat(value, ' ') FROM (SELECT DISTINCT label.value FROM ${labelsOfBoxes})), '')`

/** Class of a sample in a label set: NULL without one. */
const classIn = (labelSet: string): string =>
  `(SELECT dataset_class.name FROM dataset_class WHERE dataset_class.dataset = sample.dataset
    AND dataset_class.label_set = ${quoted(labelSet)} AND dataset_class.class_index = ${indexIn(labelSet)})`
