/** The audit page: find a record, see its whole content, and check its proof. Every filter is in the address. */
import { PluginPage } from '@grafana/runtime';
import { Button, LinkButton } from '@grafana/ui';
import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router-dom';
import {
  exportUrl,
  filterNames,
  useAuditPeople,
  useAuditRecords,
  useHistogram,
  useNewestRecords,
  type AuditFilter,
} from '../api/audit';
import { t } from '../parts/i18n';
import { Empty, NotYet, Skeleton } from '../parts/states';
import { AuditFilters, type Changes } from './AuditFilters';
import { Histogram, HistogramPlace } from './Histogram';
import { LogWatch } from './LogWatch';
import { RecordDetail } from './RecordDetail';
import { Records } from './Records';
import { SavedSearches } from './SavedSearches';

export default function AuditPage() {
  const [search, setSearch] = useSearchParams();
  const filter = useMemo(() => filterFrom(search), [search]);
  const people = useAuditPeople(filter);
  const readNewest = useNewestRecords(filter);
  const histogram = useHistogram(filter);
  const opened = search.get('record');
  const set = useCallback(
    (changes: Changes & { readonly record?: string | null }) =>
      setSearch((before) => {
        const after = new URLSearchParams(before);
        for (const [name, value] of Object.entries(changes)) {
          if (value) after.set(name, value);
          else after.delete(name);
        }
        return after;
      }),
    [setSearch],
  );
  const open = useCallback((record: string) => set({ record }), [set]);
  const query = new URLSearchParams(filter).toString();

  return (
    <PluginPage
      pageNav={{
        text: t('audit.title', 'Audit'),
        subTitle: t('audit.explains', 'Everything that was decided, by whom, and the proof of it.'),
      }}
      actions={
        <>
          <SavedSearches query={query} onChoose={(saved) => setSearch(new URLSearchParams(saved))} />
          <LinkButton variant="secondary" icon="download-alt" href={exportUrl(filter, 'jsonl')} target="_self" download>
            {t('audit.export', 'Export')}
          </LinkButton>
          <LinkButton variant="secondary" icon="download-alt" href={exportUrl(filter, 'csv')} target="_self" download>
            {t('audit.csv', 'CSV')}
          </LinkButton>
          <Button
            variant="secondary"
            icon="sync"
            onClick={() => {
              readNewest();
              void histogram.refetch();
            }}
          >
            {t('audit.refresh', 'Refresh')}
          </Button>
        </>
      }
    >
      <LogWatch />
      <AuditFilters filter={filter} people={people} onChange={set} />
      {histogram.data !== undefined ? (
        <Histogram
          histogram={histogram.data}
          isNarrowed={filter.from !== undefined || filter.to !== undefined}
          onTime={(from, to) => set({ from, to })}
        />
      ) : (
        <HistogramPlace />
      )}
      <Found filter={filter} people={people} onOpen={open} />
      {opened !== null && (
        <RecordDetail key={opened} eventId={opened} onClose={() => set({ record: null })} onOpen={open} />
      )}
    </PluginPage>
  );
}

const filterFrom = (search: URLSearchParams): AuditFilter =>
  Object.fromEntries(
    filterNames.flatMap((name) => {
      const value = search.get(name);
      return value === null || value === '' ? [] : [[name, value]];
    }),
  );

interface FoundProps {
  readonly filter: AuditFilter;
  readonly people: Readonly<Record<string, string>>;
  readonly onOpen: (eventId: string) => void;
}

/** Apart from the page: what comes as somebody scrolls draws nothing else anew. */
function Found({ filter, people, onOpen }: FoundProps) {
  const records = useAuditRecords(filter);
  const { data, isPending, isLoadingError } = records;
  const rows = useMemo(() => data?.pages.flatMap((page) => page.records) ?? [], [data]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = records;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  if (isPending || isLoadingError) {
    return (
      <NotYet query={records} what={t('audit.failed', 'The audit trail could not be read')}>
        <Skeleton lines={12} height={28} />
      </NotYet>
    );
  }
  if (rows.length === 0) {
    return (
      <Empty title={t('audit.empty', 'No record fits')}>
        {t('audit.empty-next', 'Take a filter away, or wait for the first decision.')}
      </Empty>
    );
  }
  return <Records rows={rows} people={people} onOpen={onOpen} onEnd={onEnd} />;
}
