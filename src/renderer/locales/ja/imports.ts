import type english from '../en/imports.ts'
import type { Translation } from '../shape.ts'

export default {
  action: '実行をインポート',
  title: '実行をインポート',
  description:
    'TensorBoard のイベントファイル、または SQLite の MLflow ストアから点とハイパーパラメータを読み込みます。元のファイルは変更しません。',
  path: 'フォルダまたはファイル',
  pathHelp:
    'イベントファイルのあるフォルダ、または mlflow.db などのファイル。パスを入力するか貼り付けるか、下で選択してください。',
  stage: 'ステージ',
  stageHelp: 'どの実行と比較できるかはファイルからは分かりません。',
  stageChoose: 'ステージを選択',
  dataset: 'データセット',
  datasetHelp: '分かる場合はその名前。',
  preview: 'プレビュー',
  import: '{count} 件の実行をインポート',
  found: '見つかった実行',
  columns: { run: '実行', state: '状態', points: '点', added: '新しい点', hyperparameters: 'ハイパーパラメータ' },
  states: { new: '新規', changed: '変更あり', unchanged: '変更なし' },
  notes: '読み込まれないもの',
  done: '{count} 件の実行をインポートしました',
  nothing: 'ファイルに新しい内容はありません',
} satisfies Translation<typeof english>
