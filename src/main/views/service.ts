import { z } from 'zod'
import { StudioError } from '#contract/api/errors.ts'
import { savedView, type SavedView } from '#contract/domain/saved-view.ts'
import { formatVersions } from '#contract/layout.ts'
import { readJsonIfPresent, writeJson } from '#node/json-file.ts'

const viewsFile = z.object({ version: z.literal(formatVersions.views), views: z.array(savedView) })

/** Views that the user saved, in `views.json` of the workspace. */
export class SavedViews {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  /** In the order in which they were saved. @throws StudioError `bad-request` if the file is damaged */
  list(): SavedView[] {
    return readJsonIfPresent(this.#file, viewsFile)?.views ?? []
  }

  /**
   * Adds a view, or with `replace` puts it in the position of the one with its name.
   * @throws StudioError `already-exists` if the page has another view of that name, without `replace`
   */
  save(view: SavedView, replace: boolean): SavedView[] {
    const views = this.list()
    const index = views.findIndex(isSame(view))
    const existing = views[index]
    if (existing === undefined) return this.#write([...views, view])
    if (!replace && existing.query !== view.query)
      throw new StudioError(
        'already-exists',
        `There is already a view ${view.name} of the page ${view.page}.`,
        'Choose another name, or replace that view.',
      )
    return this.#write(views.with(index, view))
  }

  /** Removes a view and returns it with its position, with which `restore` adds it again. @throws StudioError `not-found` */
  remove(key: Pick<SavedView, 'page' | 'name'>): { view: SavedView; index: number } {
    const views = this.list()
    const index = views.findIndex(isSame(key))
    const view = views[index]
    if (view === undefined)
      throw new StudioError(
        'not-found',
        `There is no view ${key.name} of the page ${key.page}.`,
        '`view list` shows the views.',
      )
    this.#write(views.toSpliced(index, 1))
    return { view, index }
  }

  /** Adds a removed view in its position. @throws StudioError `already-exists` if there is one of that name again */
  restore(view: SavedView, index: number): SavedView[] {
    const views = this.list()
    if (views.some(isSame(view)))
      throw new StudioError(
        'already-exists',
        `There is a view ${view.name} of the page ${view.page} again.`,
        'Rename or remove that view first.',
      )
    return this.#write(views.toSpliced(index, 0, view))
  }

  #write(views: SavedView[]): SavedView[] {
    writeJson(this.#file, { version: formatVersions.views, views })
    return views
  }
}

const isSame =
  ({ page, name }: Pick<SavedView, 'page' | 'name'>) =>
  (other: SavedView): boolean =>
    other.page === page && other.name === name
