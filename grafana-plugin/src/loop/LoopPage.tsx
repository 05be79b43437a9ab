/** The map of each loop, drawn from its policy. */
import { PluginPage } from '@grafana/runtime';
import { useLoops } from '../api/loops';
import { t } from '../parts/i18n';
import { Empty, NotYet, Skeleton } from '../parts/states';
import { LoopPicture } from './LoopPicture';

export default function LoopPage() {
  const loops = useLoops();
  return (
    <PluginPage
      pageNav={{
        text: t('loop.title', 'Loop'),
        subTitle: t('loop.subtitle', 'Who decides what, on which data, and who bears a mistake: as the policy says.'),
      }}
    >
      {loops.isPending || loops.isLoadingError ? (
        <NotYet query={loops} what={t('loop.failed', 'The loops could not be read')}>
          <Skeleton lines={10} height={48} />
        </NotYet>
      ) : loops.data.length === 0 ? (
        <Empty title={t('loop.none', 'There is no policy yet')}>
          {t('loop.none-help', 'Give the daemon a folder of policies, a file a workflow.')}
        </Empty>
      ) : (
        loops.data.map((loop) => <LoopPicture key={loop.workflow_id} map={loop} />)
      )}
    </PluginPage>
  );
}
