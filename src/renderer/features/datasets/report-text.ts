import {
  type AnnotationSource,
  type LeftOutFiles,
  type ListLayout,
  namedFiles,
} from '#contract/domain/import-report.ts'
import { describeColumns } from '#contract/domain/table-columns.ts'
import { t, type PlainKey } from '../../ui/language.ts'

const delimiterKeys: Readonly<Partial<Record<string, PlainKey>>> = {
  ',': 'datasets.delimiters.comma',
  ';': 'datasets.delimiters.semicolon',
  '\t': 'datasets.delimiters.tab',
  '|': 'datasets.delimiters.bar',
}

/** How labels and splits were read, in the language of the window; in English as the command line says it. */
export function sourceText(source: AnnotationSource): string {
  switch (source.format) {
    case 'folder-per-class':
      return t('datasets.source.folder-per-class')
    case 'split-folders': {
      const folders = source.folders.map(({ name, split }) => (name === split ? name : `${name} (${split})`))
      return t('datasets.source.split-folders', { folders: folders.join(', ') })
    }
    case 'labels-csv': {
      const { file, encoding, delimiter } = source
      const key = delimiterKeys[delimiter]
      return t('datasets.source.labels-csv', { file, encoding, delimiter: key === undefined ? delimiter : t(key) })
    }
    case 'lists':
      return t('datasets.source.lists', { layout: layoutText(source.layout), files: namedFiles(source.files) })
    case 'webdataset':
      return t('datasets.source.webdataset', { count: source.tarFiles, classes: classesText(source) })
    case 'table':
      return t('datasets.source.table', {
        files: namedFiles(source.files),
        columns: describeColumns({ ...source.columns, table: undefined }),
      })
  }
}

function classesText({ classes, classFile }: Extract<AnnotationSource, { format: 'webdataset' }>): string {
  if (classes === null) return t('datasets.source.noClasses')
  return classFile === undefined
    ? t('datasets.source.fileClasses', { ending: classes })
    : t('datasets.source.namedClasses', { ending: classes, file: classFile })
}

/** Names of datasets are the same in every language. */
const layoutText = (layout: ListLayout): string => (layout === 'paths' ? t('datasets.source.paths') : layout)

/** What was left out and why, in the language of the window; in English as the command line says it. */
export function leftOutText({ reason, ending = '', count }: LeftOutFiles): string {
  if (reason !== 'ending') return t(`datasets.leftOut.${reason}`, { count })
  return ending === '' ? t('datasets.leftOut.no-ending', { count }) : t('datasets.leftOut.ending', { count, ending })
}
