import type { Page } from 'playwright-core'
import { divergedRun } from '../../renderer/support/fake-divergence.ts'

/** A state of the window over the fake studio, with data unless `world` says otherwise. */
export interface View {
  name: string
  path: string
  world?: 'diverged' | 'empty'
  /** Brings the page into the state and waits for it. */
  act?: (page: Page) => Promise<unknown>
}

/** A placeholder for what is being read is an alert too, and is busy. */
const alert = '[role=alert]:not([aria-busy=true])'
const dialog = (page: Page) => page.getByRole('dialog')
const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name }).first().waitFor()

async function openImport(page: Page, folder: string): Promise<void> {
  await page.getByRole('button', { name: 'Import folder' }).click()
  await dialog(page).getByLabel('Folder', { exact: true }).fill(folder)
  await dialog(page).getByText(folder).waitFor()
}

async function openModelImport(page: Page, path: string): Promise<void> {
  await page.getByRole('button', { name: 'Import model' }).click()
  await dialog(page).getByLabel('File or folder').fill(path)
  await dialog(page).getByRole('button', { name: 'resnet50.pth' }).waitFor()
}

/** Chooses an item of a select by its name. */
async function choose(page: Page, select: string, item: string | RegExp): Promise<void> {
  await page.getByRole('combobox', { name: select }).click()
  await page.getByRole('option', { name: item }).click()
}

/** Varies the mask ratio of the distillation, with three seeds. */
async function openSweep(page: Page, maskRatios: string): Promise<void> {
  await page.getByRole('tab', { name: 'Distillation' }).click()
  await page.getByRole('button', { name: 'Vary Mask ratio', exact: true }).click()
  await page.getByLabel('Mask ratio', { exact: true }).fill(maskRatios)
  await page.getByLabel('Seeds', { exact: true }).fill('3')
}

const meanCharts = (page: Page) =>
  page
    .getByRole('img', { name: /^Learning curve/ })
    .locator('canvas')
    .first()
    .waitFor()
const charts = (page: Page) => page.locator('figure canvas').first().waitFor()
const pictures = (page: Page) =>
  page
    .getByRole('region', { name: /^Pictures of/ })
    .first()
    .waitFor()
const runTab = (run: string, tab: string, act?: View['act']): View => ({
  name: `run-${run.replace('shapes-demo-', '')}-${tab}`,
  path: `/runs/${run}?tab=${tab}`,
  ...(act === undefined ? {} : { act }),
})
const compareTab = (name: string, ids: string, tab: string, act?: View['act']): View => ({
  name: `compare-${name}-${tab}`,
  path: `/compare?ids=${ids}&tab=${tab}`,
  ...(act === undefined ? {} : { act }),
})

const mixed = 'shapes-demo-finetune,shapes-scratch-finetune,falls-tiny-image-teacher'
const teachers = 'shapes-demo-image-teacher,shapes-demo-video-teacher'
const tests = 'shapes-demo-evaluate,shapes-scratch-evaluate'
const groupable = 'shapes-demo-finetune,shapes-scratch-finetune,shapes-demo-image-teacher'
const checkpoint = '/checkpoints?id=shapes-demo-distill@420'

/** Every page with its tabs, dialogs, empty states and errors. */
export const views: View[] = [
  { name: 'datasets', path: '/datasets', act: (page) => page.getByRole('link', { name: 'bed-falls' }).waitFor() },
  { name: 'datasets-empty', path: '/datasets', world: 'empty', act: (page) => heading(page, 'No datasets yet') },
  { name: 'import', path: '/datasets', act: (page) => openImport(page, '/home/ada/videos') },
  {
    name: 'import-preview',
    path: '/datasets',
    act: async (page) => {
      await openImport(page, '/home/ada/ucf101')
      await dialog(page).getByRole('button', { name: 'Preview' }).click()
      await dialog(page).getByText('2 listed files cannot be used').click()
    },
  },
  {
    name: 'import-dataset-splits',
    path: '/datasets',
    act: async (page) => {
      await openImport(page, '/home/ada/scenes')
      await dialog(page).getByText('Drawn splits').click()
      await dialog(page).getByRole('button', { name: 'Preview' }).click()
      await dialog(page).getByText('Videos per class (class)').waitFor()
      await dialog(page).getByLabel('Training, %').fill('80')
      await dialog(page).getByLabel('Test, %').fill('10')
      await dialog(page).getByLabel('Keep together').click()
      await page.getByRole('option', { name: 'Videos by their names' }).click()
      await dialog(page).getByLabel('Pattern').fill('_(g[0-9]+)_')
      await dialog(page).getByText('videos whose names agree in _(g[0-9]+)_').waitFor()
      await dialog(page).getByText('Drawn splits').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'import-table',
    path: '/datasets',
    act: async (page) => {
      await openImport(page, '/home/ada/table')
      await dialog(page).getByRole('button', { name: 'Preview' }).click()
      await dialog(page).getByText('No format has this header').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'import-table-read',
    path: '/datasets',
    act: async (page) => {
      await openImport(page, '/home/ada/table')
      await dialog(page).getByRole('button', { name: 'Preview' }).click()
      await dialog(page).getByRole('button', { name: 'Read with these columns' }).click()
      await dialog(page).getByText('Labels and splits were read from the columns').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'import-refused',
    path: '/datasets',
    async act(page) {
      await openImport(page, '/home/ada/videos/empty')
      await dialog(page).getByRole('button', { name: 'Import', exact: true }).click()
      await dialog(page).locator(alert).waitFor()
    },
  },
  { name: 'import-built-in', path: '/datasets?import=built-in', act: (page) => dialog(page).waitFor() },
  {
    name: 'dataset',
    path: '/datasets/bed-falls',
    act: (page) => page.locator('button img:not(.invisible)').first().waitFor(),
  },
  {
    name: 'dataset-distributions',
    path: '/datasets/shapes',
    async act(page) {
      await page.getByRole('button', { name: 'Distributions' }).click()
      await page.getByRole('group', { name: 'Duration' }).getByRole('button').first().scrollIntoViewIfNeeded()
    },
  },
  { name: 'dataset-two-label-sets', path: '/datasets/shapes', act: (page) => heading(page, 'Videos') },
  {
    name: 'dataset-video-plays',
    path: '/datasets/shapes',
    async act(page) {
      const tile = page.getByRole('button', { name: /clips-0\/0000\.mp4/ })
      await tile.scrollIntoViewIfNeeded()
      await tile.hover()
      // The second one plays, over the first.
      await tile.locator('img').nth(1).waitFor()
    },
  },
  {
    name: 'dataset-draw-splits',
    path: '/datasets/bed-falls',
    async act(page) {
      await page.getByRole('button', { name: 'Draw splits again' }).click()
      await dialog(page).getByRole('button', { name: 'Draw', exact: true }).click()
      await dialog(page).getByText('The split set drawn-2 was drawn.').waitFor()
    },
  },
  {
    name: 'dataset-player',
    path: '/datasets/shapes',
    async act(page) {
      await page.locator('[data-index="0"] button').first().hover()
      await page
        .getByRole('button', { name: /frame by frame$/ })
        .first()
        .click()
      await dialog(page).locator('[role=img][aria-busy=false]').waitFor()
      await page.keyboard.press('ArrowRight')
      await dialog(page).getByText('Frame 1 of').waitFor()
    },
  },
  {
    name: 'dataset-seen-clip',
    path: '/datasets/shapes?split=train',
    async act(page) {
      await page
        .getByRole('button', { name: /^As the model sees/ })
        .first()
        .click()
      await dialog(page)
        .getByRole('img', { name: /^With the mask/ })
        .first()
        .waitFor()
    },
  },
  {
    name: 'dataset-changed',
    path: '/datasets/bed-falls',
    async act(page) {
      await page.getByRole('button', { name: 'Check files' }).click()
      await page.getByText('2 differences').waitFor()
    },
  },
  {
    name: 'dataset-integrity',
    path: '/datasets/bed-falls',
    async act(page) {
      await page.getByRole('button', { name: 'Exclude: Looks the same as another video' }).click()
      await page.getByRole('region', { name: 'Integrity of the files' }).getByText('New runs leave out 3').waitFor()
      // The guards of the focus around a notification are those of its library.
      const close = page.getByRole('region', { name: /^Notifications/ }).getByRole('button', { name: 'Close' })
      await close.click()
      await close.waitFor({ state: 'detached' })
      await page.getByRole('button', { name: 'Looks the same as another video', exact: true }).click()
      await page.getByText('It is in another split.').first().waitFor()
    },
  },
  {
    name: 'dataset-verifying',
    path: '/datasets/shapes',
    async act(page) {
      await page.getByRole('button', { name: 'Continue decoding' }).click()
      await page.getByRole('button', { name: 'Cancel decoding' }).waitFor()
    },
  },
  {
    name: 'dataset-in-use',
    path: '/datasets/bed-falls',
    async act(page) {
      await page.getByRole('button', { name: 'Remove' }).click()
      await dialog(page).getByText('cannot be removed because').waitFor()
    },
  },
  { name: 'dataset-missing', path: '/datasets/nothere', act: (page) => page.locator(alert).waitFor() },
  { name: 'pipeline', path: '/pipelines/new', act: (page) => heading(page, 'Hyperparameters') },
  {
    name: 'pipeline-models',
    path: '/pipelines/new?dataset=bed-falls',
    async act(page) {
      await choose(page, 'Image teacher from', /^mae-base/)
      await choose(page, 'Start from', 'checkpoint')
      await page.getByRole('combobox', { name: 'Checkpoint', exact: true }).click()
      await page.getByRole('option').first().waitFor()
    },
  },
  {
    name: 'pipeline-empty',
    path: '/pipelines/new',
    world: 'empty',
    act: (page) => heading(page, 'No datasets yet'),
  },
  {
    name: 'pipeline-cost',
    path: '/pipelines/new?dataset=bed-falls',
    async act(page) {
      await page.getByRole('button', { name: 'Measure' }).click()
      await page.getByText('Total').waitFor()
    },
  },
  {
    name: 'pipeline-problems',
    path: '/pipelines/new?dataset=bed-falls',
    async act(page) {
      await page.getByRole('tab', { name: 'Image teacher' }).click()
      await page.getByLabel('Mask ratio', { exact: true }).fill('1')
      await page.getByLabel('Patch size', { exact: true }).fill('7')
      await page.getByText('Fix 2 problems before launching').waitFor()
    },
  },
  {
    name: 'pipeline-warning',
    path: '/pipelines/new?dataset=shapes',
    async act(page) {
      await page.getByRole('tab', { name: 'Clip' }).click()
      await page.getByLabel('Frames', { exact: true }).fill('64')
      await page.getByText('their last frame is repeated').waitFor()
    },
  },
  {
    name: 'pipeline-sweep',
    path: '/pipelines/new?dataset=shapes',
    async act(page) {
      await openSweep(page, '0.6, 0.75, 0.9')
      await page.locator('#name').fill('masks')
      await page.getByRole('button', { name: /^Launch \d+ pipelines$/ }).waitFor()
    },
  },
  {
    name: 'pipeline-sweep-refused',
    path: '/pipelines/new?dataset=shapes',
    async act(page) {
      await openSweep(page, '0.6, 2')
      await page.getByText('This sweep cannot be launched').waitFor()
    },
  },
  {
    name: 'experiments',
    path: '/experiments',
    act: (page) => page.getByText('Student of both teachers').first().waitFor(),
  },
  {
    name: 'experiments-empty',
    path: '/experiments',
    world: 'empty',
    act: (page) => heading(page, 'No experiments yet'),
  },
  { name: 'experiment', path: '/experiments/glyphs-teachers-1', act: meanCharts },
  {
    name: 'experiment-seeds',
    path: '/experiments/glyphs-teachers-1?baseline=videomae',
    async act(page) {
      await page.getByRole('button', { name: '3 seeds: Student of both teachers, motion-8' }).click()
      await page.getByText('fine-tuning seed 0').waitFor()
    },
  },
  {
    name: 'experiment-table',
    path: '/experiments/glyphs-teachers-1',
    async act(page) {
      await page.getByRole('button', { name: 'Show Similarity of features over time as table' }).click()
      await page.getByRole('region', { name: 'Similarity of features over time as table' }).scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'experiment-report',
    path: '/experiments/glyphs-teachers-1',
    async act(page) {
      await page.getByRole('button', { name: 'Report' }).click()
      await dialog(page).getByText('Downloads').waitFor()
    },
  },
  {
    name: 'queue',
    path: '/queue',
    act: (page) => page.getByRole('table', { name: 'Waiting' }).waitFor(),
  },
  {
    name: 'queue-held',
    path: '/queue',
    async act(page) {
      await page.getByRole('button', { name: 'Hold: falls-base · Distillation' }).click()
      await page.getByText('Held: it starts when it is released').waitFor()
      // The guards of the focus around a notification are those of its library.
      const close = page.getByRole('region', { name: /^Notifications/ }).getByRole('button', { name: 'Close' })
      await close.click()
      await close.waitFor({ state: 'detached' })
    },
  },
  {
    name: 'queue-stop-now',
    path: '/queue',
    async act(page) {
      await page.getByRole('button', { name: /^Stop now/ }).click()
      await dialog(page).getByText('The process ends at once.').waitFor()
    },
  },
  { name: 'queue-empty', path: '/queue', world: 'empty', act: (page) => heading(page, 'Nothing waits') },
  { name: 'experiment-one-seed', path: '/experiments/falls-one-seed', act: (page) => heading(page, 'Results') },
  { name: 'experiment-running', path: '/experiments/glyphs-running', act: (page) => heading(page, 'Results') },
  {
    name: 'experiment-blocked',
    path: '/experiments/glyphs-blocked',
    act: (page) => heading(page, 'Needs attention (1)'),
  },
  {
    name: 'experiment-stop',
    path: '/experiments/glyphs-running',
    async act(page) {
      await page.getByRole('button', { name: 'Stop' }).click()
      await dialog(page).getByText('save a checkpoint').waitFor()
    },
  },
  { name: 'experiment-missing', path: '/experiments/nothere', act: (page) => heading(page, 'Experiment not found') },
  {
    name: 'experiment-new',
    path: '/experiments/launch/teachers?dataset=shapes',
    act: (page) => heading(page, 'Grid'),
  },
  {
    name: 'experiment-new-cost',
    path: '/experiments/launch/teachers?dataset=shapes',
    async act(page) {
      await page.getByRole('button', { name: 'Measure' }).click()
      await page.getByRole('button', { name: 'Measure again' }).waitFor()
    },
  },
  {
    name: 'experiment-new-problems',
    path: '/experiments/launch/teachers?dataset=shapes',
    async act(page) {
      await page.getByLabel('Pre-training seeds').fill('0')
      await page.getByLabel('Learning rates').fill('0.001, fast')
      await page.getByText('Fix 2 problems before launching').waitFor()
    },
  },
  { name: 'runs', path: '/runs', act: (page) => page.getByRole('row').first().waitFor() },
  { name: 'runs-empty', path: '/runs', world: 'empty', act: (page) => heading(page, 'No runs yet') },
  {
    name: 'runs-import',
    path: '/runs',
    act: async (page) => {
      await page.getByRole('button', { name: 'Import runs' }).click()
      await dialog(page).getByLabel('Folder or file').fill('/home/ada/logs')
      await dialog(page).getByRole('button', { name: 'Preview' }).click()
      await dialog(page).getByText('wide ends within a record').waitFor()
    },
  },
  {
    name: 'runs-no-match',
    path: '/runs',
    async act(page) {
      await page.getByRole('combobox', { name: 'Filter runs' }).fill('nothing')
      await heading(page, 'No run matches the filter')
    },
  },
  {
    name: 'runs-suggestions',
    path: '/runs',
    async act(page) {
      await page.getByRole('combobox', { name: 'Filter runs' }).pressSequentially('distill.m')
      await page.getByRole('listbox').getByRole('option').first().waitFor()
    },
  },
  {
    name: 'runs-query-problem',
    path: '/runs?filter=distill.maskRatoi%20%3E%200.5',
    act: (page) => page.getByText('Did you mean').waitFor(),
  },
  {
    name: 'runs-selected',
    path: '/runs?select=shapes-demo-distill,shapes-scratch-finetune&details=shapes-demo-distill',
    act: (page) => page.getByText('2 selected').waitFor(),
  },
  {
    name: 'runs-views',
    path: '/runs',
    async act(page) {
      await page.getByRole('button', { name: 'Views' }).click()
      await page.getByText('No saved views yet').waitFor()
    },
  },
  {
    name: 'runs-columns',
    path: '/runs?group=stage',
    async act(page) {
      await page.getByRole('button', { name: 'Columns' }).click()
      await page
        .getByRole('textbox', { name: 'Search columns' })
        .or(page.getByLabel('Search columns'))
        .first()
        .waitFor()
    },
  },
  {
    name: 'runs-menu',
    path: '/runs',
    async act(page) {
      await page.locator('tr[data-run]').first().click({ button: 'right' })
      await page.getByRole('menuitem', { name: 'Move to the trash' }).waitFor()
    },
  },
  {
    name: 'runs-again',
    path: '/runs',
    async act(page) {
      await page.locator('tr[data-run="shapes-demo-distill"]').click({ button: 'right' })
      await page.getByRole('menuitem', { name: 'Run again exactly' }).click()
      await dialog(page).getByText('seed included').waitFor()
    },
  },
  {
    name: 'runs-to-trash',
    path: '/runs?select=shapes-demo-image-teacher,shapes-scratch-evaluate',
    async act(page) {
      await page
        .getByRole('group', { name: 'Selected runs' })
        .getByRole('button', { name: 'Move to the trash' })
        .click()
      await dialog(page).getByText('1 run stays').waitFor()
    },
  },
  ...['image-teacher', 'video-teacher', 'distill'].flatMap((stage) => [
    runTab(`shapes-demo-${stage}`, 'curves', charts),
    runTab(`shapes-demo-${stage}`, 'pictures', pictures),
  ]),
  ...['finetune', 'evaluate'].map((stage) => runTab(`shapes-demo-${stage}`, 'curves', charts)),
  runTab('shapes-demo-distill', 'log', (page) => page.getByRole('log').getByText('epoch').first().waitFor()),
  {
    name: 'run-distill-output',
    path: '/runs/shapes-demo-distill?tab=log&lines=output',
    act: (page) => page.getByRole('log').getByText('onnxruntime').waitFor(),
  },
  runTab('shapes-demo-distill', 'configuration', (page) => heading(page, 'Inputs')),
  runTab('shapes-demo-distill', 'checkpoints', (page) => page.getByRole('row').nth(1).waitFor()),
  runTab('shapes-demo-evaluate', 'result', (page) => heading(page, 'Confusion matrix')),
  { name: 'run-running', path: '/runs/falls-tiny-video-teacher', act: charts },
  { name: 'run-queued', path: '/runs/falls-tiny-distill', act: (page) => heading(page, 'No points yet') },
  { name: 'run-failed', path: '/runs/falls-base-image-teacher', act: charts },
  {
    name: 'run-diverged',
    path: `/runs/${divergedRun}`,
    world: 'diverged',
    async act(page) {
      await page.getByText('Gradients by layer').click()
      await page.getByText('clip of the step').click()
    },
  },
  {
    name: 'pipeline-diverged',
    path: `/pipelines/new?diverged=${divergedRun}`,
    world: 'diverged',
    act: (page) => page.getByText(`${divergedRun}@40`).waitFor(),
  },
  { name: 'run-missing', path: '/runs/nothere', act: (page) => heading(page, 'Run not found') },
  {
    name: 'charts',
    path: '/charts',
    act: (page) => page.getByRole('region', { name: 'Scatter' }).locator('canvas').waitFor(),
  },
  { name: 'compare-empty', path: '/compare', world: 'empty', act: (page) => heading(page, 'No runs selected') },
  {
    name: 'compare-choose',
    path: '/compare',
    async act(page) {
      await page.getByRole('button', { name: 'Choose runs' }).first().click()
      await dialog(page).getByText('falls-tiny').waitFor()
    },
  },
  {
    name: 'compare-export',
    path: '/compare?ids=shapes-demo-finetune,shapes-scratch-finetune',
    async act(page) {
      await page.getByRole('button', { name: 'Export' }).first().click()
      await dialog(page).getByText('mvd-studio').first().waitFor()
    },
  },
  {
    name: 'compare-report',
    path: `/compare?ids=${mixed}`,
    async act(page) {
      await page.getByRole('button', { name: 'Report' }).click()
      await dialog(page).getByText('Downloads').waitFor()
    },
  },
  { name: 'compare-groups', path: `/compare?ids=${groupable}&group=stage&band=range`, act: charts },
  {
    name: 'compare-enlarged',
    path: `/compare?ids=${mixed}&large=train%2Floss`,
    act: (page) => dialog(page).locator('canvas').first().waitFor(),
  },
  {
    name: 'compare-wipe',
    path: `/compare?ids=${teachers}&tab=pictures&view=wipe`,
    act: (page) => page.getByRole('button', { name: 'Swap the sides' }).waitFor(),
  },
  {
    name: 'compare-all-frames',
    path: `/compare?ids=${teachers}&tab=pictures&view=frames`,
    act: pictures,
  },
  compareTab('mixed', mixed, 'environment', (page) => page.getByRole('table').first().waitFor()),
  compareTab('tests', tests, 'classes', (page) => page.getByRole('table').first().waitFor()),
  compareTab('mixed', mixed, 'curves', charts),
  compareTab('mixed', mixed, 'metrics', (page) => heading(page, 'Metrics')),
  compareTab('mixed', mixed, 'configuration', (page) => heading(page, 'Configuration')),
  compareTab('mixed', mixed, 'pictures', pictures),
  compareTab('teachers', teachers, 'configuration', (page) => heading(page, 'Configuration')),
  compareTab('teachers', teachers, 'pictures', pictures),
  compareTab('tests', tests, 'metrics', (page) => heading(page, 'Test results')),
  { name: 'checkpoints', path: '/checkpoints', act: (page) => page.getByRole('row').nth(1).waitFor() },
  {
    name: 'checkpoints-probes',
    path: '/checkpoints',
    async act(page) {
      await page.getByRole('heading', { name: 'Probes' }).click()
      await page.getByRole('region', { name: 'Probes on shapes, motion' }).waitFor()
    },
  },
  {
    name: 'checkpoints-empty',
    path: '/checkpoints',
    world: 'empty',
    act: (page) => heading(page, 'No checkpoints yet'),
  },
  { name: 'checkpoint', path: checkpoint, act: (page) => page.getByRole('row').nth(1).waitFor() },
  {
    name: 'checkpoint-probes',
    path: checkpoint,
    act: (page) =>
      page
        .getByRole('region', { name: 'Probes' })
        .getByRole('img', { name: /^Similarity/ })
        .scrollIntoViewIfNeeded(),
  },
  {
    name: 'checkpoint-probe-failed',
    path: '/checkpoints?id=falls-base-video-teacher@75',
    async act(page) {
      await page.getByRole('button', { name: 'New probe' }).click()
      await page.getByRole('button', { name: 'Run probe' }).click()
      await page.locator(alert).hover()
    },
  },
  {
    name: 'model-import',
    path: '/checkpoints',
    act: (page) => openModelImport(page, '/home/ada/Downloads/mae_pretrain_vit_base.pth'),
  },
  {
    name: 'model-import-refused',
    path: '/checkpoints',
    async act(page) {
      await openModelImport(page, '/home/ada/Downloads/resnet50.pth')
      await dialog(page).getByRole('button', { name: 'Import', exact: true }).click()
      await dialog(page).locator(alert).waitFor()
      await page.mouse.move(0, 0)
    },
  },
  { name: 'imported', path: '/checkpoints?id=mae-base', act: (page) => page.getByRole('row').nth(1).waitFor() },
  {
    name: 'imported-open-questions',
    path: '/checkpoints?id=ssv2-finetuned',
    act: (page) => page.getByRole('region', { name: 'Missing information' }).waitFor(),
  },
  {
    name: 'imported-report',
    path: '/checkpoints?id=vmae-k400',
    act: (page) => page.getByRole('region', { name: 'Import report' }).getByText('Ignored').click(),
  },
  { name: 'checkpoint-missing', path: '/checkpoints?id=nothere@1', act: (page) => page.locator(alert).waitFor() },
  {
    name: 'checkpoint-export',
    path: checkpoint,
    async act(page) {
      await page.getByRole('button', { name: 'Export', exact: true }).click()
      await dialog(page).getByText('Downloads').waitFor()
    },
  },
  {
    name: 'checkpoint-exported',
    path: checkpoint,
    async act(page) {
      await page.getByRole('button', { name: 'Export', exact: true }).click()
      await dialog(page).getByText('Downloads').waitFor()
      await dialog(page).getByRole('button', { name: 'Export', exact: true }).click()
      await dialog(page).getByText('identical to the checkpoint').waitFor()
    },
  },
  { name: 'settings', path: '/settings', act: (page) => page.getByText('Loader output').first().waitFor() },
  {
    name: 'settings-alert',
    path: '/settings',
    async act(page) {
      await page.getByRole('button', { name: 'New alert' }).click()
      const form = page.getByRole('form', { name: 'New alert' })
      await form.getByRole('checkbox', { name: 'No longer improves' }).click()
      await form.getByRole('checkbox', { name: 'Disk low' }).click()
      await choose(page, 'Channel', 'Webhook')
      await form.getByLabel('Address').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'settings-revoke-all',
    path: '/settings',
    async act(page) {
      await page.getByRole('button', { name: 'New link' }).click()
      await page.getByRole('button', { name: 'Revoke all' }).click()
      await dialog(page).waitFor()
    },
  },
  {
    name: 'no-access',
    path: '/datasets',
    async act(page) {
      await heading(page, 'Datasets')
      // Without its key, the page is refused; the views behind it need the key.
      await page.evaluate('sessionStorage.setItem("kept", JSON.stringify({ ...localStorage })), localStorage.clear()')
      await page.reload()
      await heading(page, 'This browser has no access to the studio')
      await page.evaluate('Object.assign(localStorage, JSON.parse(sessionStorage.getItem("kept")))')
    },
  },
  {
    name: 'search',
    path: '/runs',
    async act(page) {
      await page.keyboard.press('Control+k')
      await dialog(page).getByRole('option').first().waitFor()
    },
  },
  {
    name: 'shortcuts',
    path: '/runs',
    async act(page) {
      await page.getByRole('button', { name: 'Keyboard shortcuts' }).click()
      await dialog(page).getByText('Close a dialog').waitFor()
    },
  },
  { name: 'not-found', path: '/nowhere', act: (page) => heading(page, 'Page not found') },
  { name: 'trash-empty', path: '/trash', world: 'empty', act: (page) => heading(page, 'The trash is empty') },
  // Last, because the pages before show the run that these move to the trash.
  {
    name: 'trash',
    path: '/runs?select=shapes-scratch-evaluate',
    async act(page) {
      await page
        .getByRole('group', { name: 'Selected runs' })
        .getByRole('button', { name: 'Move to the trash' })
        .click()
      await dialog(page).getByRole('button', { name: 'Move to the trash' }).click()
      await dialog(page).waitFor({ state: 'hidden' })
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Trash' }).click()
      await page.getByRole('table', { name: 'Trash' }).waitFor()
      // Without the message, whose focus guards axe-core takes for content.
      await page.reload()
      await page.getByRole('table', { name: 'Trash' }).waitFor()
    },
  },
  {
    name: 'trash-purge',
    path: '/trash',
    async act(page) {
      await page.getByRole('button', { name: 'Empty the trash' }).click()
      await dialog(page).getByText('cannot be undone').waitFor()
    },
  },
]
