// Tables. On a narrow screen each row becomes a card, in which every cell carries the name of its column.
import type { ComponentChildren } from 'preact';

interface TableProps {
  caption: string;
  columns: readonly string[];
  children: ComponentChildren;
  stale?: boolean;
}

/** A column whose name begins with "#" holds numbers; one that begins with "!" holds actions and shows no name. */
export function Table({ caption, columns, children, stale }: TableProps) {
  return (
    <div class="table-frame">
      <table class="table" aria-busy={stale ? true : undefined}>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => {
              const name = column.replace(/^[#!]/, '');
              return (
                <th key={name} scope="col" class={column.startsWith('#') ? 'number' : undefined}>
                  {column.startsWith('!') ? <span class="unseen">{name}</span> : name}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

interface CellProps {
  label: string;
  children: ComponentChildren;
  /** `minor` ones are numbers that a phone has no room for. */
  kind?: 'text' | 'number' | 'minor' | 'actions' | 'wide' | 'main';
}

export function Cell({ label, children, kind = 'text' }: CellProps) {
  const classes = { text: undefined, number: 'number', minor: 'number minor', actions: 'actions', wide: 'wide', main: 'main' };
  if (kind === 'main') {
    return (
      <th scope="row" class="main" data-label={label}>
        {children}
      </th>
    );
  }
  return (
    <td class={classes[kind]} data-label={label}>
      <div>{children}</div>
    </td>
  );
}
