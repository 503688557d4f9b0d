-- A year's reports state about as much as those that were reviewed: a metric lost, or numbers found twice, show here.
with reports as (

    select
        report_year,
        edition,
        char_count,
        quantity_count,
        mapped_count
    from {{ ref('dim_report') }}
    where
        superseded_by is null
        and char_count >= 5000

),

counted as (

    select
        report_year,
        edition,
        count(*) as reports,
        1000.0 * sum(mapped_count) / sum(char_count) as per_1000_chars,
        sum(mapped_count) / nullif(sum(quantity_count), 0) as mapped_share
    from reports
    group by report_year, edition
    having count(*) >= 5

)

select
    counted.report_year,
    counted.edition,
    counted.reports,
    counted.per_1000_chars,
    counted.mapped_share
from counted
inner join {{ ref('expected_counts') }} as expected on counted.edition = expected.edition
where
    counted.mapped_share is null
    or abs(counted.per_1000_chars / expected.expected_per_1000_chars - 1) > expected.tolerance
    or abs(counted.mapped_share / expected.expected_mapped_share - 1) > expected.tolerance
