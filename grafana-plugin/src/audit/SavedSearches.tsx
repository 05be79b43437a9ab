/** Searches that an auditor comes back to, kept in this browser under names of their own. */
import { Button, Dropdown, Input, Menu } from '@grafana/ui';
import { useState } from 'react';
import { t } from '../parts/i18n';
import { ofBrowser } from '../parts/own-storage';

export interface SavedSearch {
  readonly name: string;
  /** As in the address. */
  readonly query: string;
}

const keptAs = 'searches';
const mostKept = 50;

function read(): SavedSearch[] {
  const stored = ofBrowser.readJson(keptAs);
  return Array.isArray(stored) ? stored.filter(isSearch) : [];
}

const isSearch = (value: unknown): value is SavedSearch =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as SavedSearch).name === 'string' &&
  typeof (value as SavedSearch).query === 'string';

interface SavedSearchesProps {
  /** The search on screen. */
  readonly query: string;
  readonly onChoose: (query: string) => void;
}

export function SavedSearches({ query, onChoose }: SavedSearchesProps) {
  const [searches, setSearches] = useState(read);
  const [name, setName] = useState('');
  const write = (after: SavedSearch[]) => {
    setSearches(after);
    ofBrowser.write(keptAs, JSON.stringify(after));
  };
  const save = () => {
    const given = name.trim();
    if (given === '') return;
    // As they are kept now: another page may have kept one since.
    write([{ name: given, query }, ...read().filter((other) => other.name !== given)].slice(0, mostKept));
    setName('');
  };
  const menu = (
    <Menu>
      {searches.map((search) => (
        <Menu.Item
          key={search.name}
          label={search.name}
          onClick={() => onChoose(search.query)}
          childItems={[
            <Menu.Item
              key="forget"
              label={t('audit.saved.forget', 'Forget it')}
              onClick={() => write(read().filter((other) => other.name !== search.name))}
            />,
          ]}
        />
      ))}
    </Menu>
  );
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <Input
          aria-label={t('audit.saved.name', 'Name of this search')}
          placeholder={t('audit.saved.keep', 'Keep this search as …')}
          width={24}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      </form>
      {searches.length > 0 && (
        <Dropdown overlay={menu}>
          <Button variant="secondary" icon="star">
            {t('audit.saved.searches', 'Searches')}
          </Button>
        </Dropdown>
      )}
    </>
  );
}
