import { watchEffect } from 'vue'
import { createRouter, createWebHistory } from 'vue-router'
import type { RouteRecordRaw } from 'vue-router'
import { t, type PlainKey } from '../ui/language.ts'

declare module 'vue-router' {
  interface RouteMeta {
    /** Key of what is shown in the title of the window. */
    title?: PlainKey
  }
}

export const routes: RouteRecordRaw[] = [
  { path: '/', redirect: '/datasets' },
  {
    path: '/datasets',
    component: () => import('../features/datasets/DatasetsPage.vue'),
    meta: { title: 'app.pages.datasets' },
  },
  {
    path: '/datasets/:name',
    component: () => import('../features/datasets/DatasetPage.vue'),
    props: true,
    meta: { title: 'app.pages.dataset' },
  },
  {
    path: '/pipelines/new',
    component: () => import('../features/pipelines/NewPipelinePage.vue'),
    meta: { title: 'app.pages.newPipeline' },
  },
  {
    path: '/experiments',
    component: () => import('../features/experiments/ExperimentsPage.vue'),
    meta: { title: 'app.pages.experiments' },
  },
  {
    path: '/experiments/launch/teachers',
    component: () => import('../features/experiments/NewExperimentPage.vue'),
    meta: { title: 'app.pages.newExperiment' },
  },
  {
    path: '/experiments/:id',
    component: () => import('../features/experiments/ExperimentPage.vue'),
    props: true,
    meta: { title: 'app.pages.experiment' },
  },
  { path: '/runs', component: () => import('../features/runs/RunsPage.vue'), meta: { title: 'app.pages.runs' } },
  {
    path: '/runs/:id',
    component: () => import('../features/runs/RunPage.vue'),
    props: true,
    meta: { title: 'app.pages.run' },
  },
  { path: '/queue', component: () => import('../features/queue/QueuePage.vue'), meta: { title: 'app.pages.queue' } },
  {
    path: '/charts',
    component: () => import('../features/overview/ChartsPage.vue'),
    meta: { title: 'app.pages.charts' },
  },
  {
    path: '/compare',
    component: () => import('../features/compare/ComparePage.vue'),
    meta: { title: 'app.pages.compare' },
  },
  {
    path: '/checkpoints',
    component: () => import('../features/checkpoints/CheckpointsPage.vue'),
    meta: { title: 'app.pages.checkpoints' },
  },
  { path: '/trash', component: () => import('../features/trash/TrashPage.vue'), meta: { title: 'app.pages.trash' } },
  {
    path: '/settings',
    component: () => import('../features/settings/SettingsPage.vue'),
    meta: { title: 'app.pages.settings' },
  },
  {
    path: '/:rest(.*)*',
    component: () => import('./NotFoundPage.vue'),
    meta: { title: 'app.pages.notFound' },
  },
]

export const router = createRouter({ history: createWebHistory(), routes })

watchEffect(() => {
  const { title } = router.currentRoute.value.meta
  document.title = title === undefined ? 'MVD Studio' : `${t(title)} · MVD Studio`
})
